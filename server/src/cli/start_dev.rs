//! `mainspring server start-dev`: the command that SDK test environments run.

use clap::Args;
use tracing_subscriber::EnvFilter;

use super::{Failure, GlobalArgs, LogFormat, dynamic_config};
use crate::{
    Config, Server,
    config::{self, DEFAULT_CACHE_MIB, DEFAULT_PORT, Durability, SqliteConfig, StoreConfig},
};

/// The options of Temporal's dev server. Those without a function here are taken and left alone,
/// so that a command line written for it works.
#[derive(Debug, Args)]
pub(super) struct StartDev {
    /// Keep everything in this SQLite file [default: in memory]
    #[arg(short = 'f', long, value_name = "PATH")]
    db_filename: Option<String>,
    /// Create this namespace at the start, besides "default"; repeatable
    #[arg(short, long, value_name = "NAME")]
    namespace: Vec<String>,
    /// The port to listen on; 0 takes a free one
    #[arg(short, long, default_value_t = DEFAULT_PORT)]
    port: u16,
    /// The address to listen on
    #[arg(long, default_value = "localhost")]
    ip: String,
    /// No Web UI (there is none in this program, so this changes nothing)
    #[arg(long)]
    headless: bool,
    /// Taken for compatibility: this program has no Web UI of its own
    #[arg(long, value_name = "PORT")]
    ui_port: Option<u16>,
    /// Taken for compatibility: this program has no Web UI of its own
    #[arg(long, value_name = "IP")]
    ui_ip: Option<String>,
    /// Taken for compatibility: this program has no Web UI of its own
    #[arg(long, value_name = "PATH")]
    ui_public_path: Option<String>,
    /// Taken for compatibility: this program has no Web UI of its own
    #[arg(long, value_name = "PATH")]
    ui_asset_path: Option<String>,
    /// Taken for compatibility: this program has no Web UI of its own
    #[arg(long, value_name = "URL")]
    ui_codec_endpoint: Option<String>,
    /// Taken for compatibility: this program has no Web UI of its own
    #[arg(long)]
    ui_disable_news_fetch: bool,
    /// Taken for compatibility: there is no HTTP API yet
    #[arg(long, value_name = "PORT")]
    http_port: Option<u16>,
    /// Taken for compatibility: there is no metrics endpoint yet
    #[arg(long, value_name = "PORT")]
    metrics_port: Option<u16>,
    /// Set a pragma of SQLite; repeatable
    #[arg(long, value_name = "KEY=VALUE", value_parser = config::key_value)]
    sqlite_pragma: Vec<(String, String)>,
    /// How much a crash of the machine may take; a crash of the server never takes anything
    #[arg(long, default_value = "full")]
    durability: Durability,
    /// How much memory the runs that are in use may take, in MiB
    #[arg(long, value_name = "MIB", default_value_t = DEFAULT_CACHE_MIB)]
    cache_mib: usize,
    /// A setting of Temporal's dynamic configuration: limits have an effect, other keys are ignored; repeatable
    #[arg(long, value_name = "KEY=JSON", value_parser = config::key_value)]
    dynamic_config_value: Vec<(String, String)>,
    /// Register a search attribute in the namespaces made at the start; repeatable
    #[arg(long, value_name = "NAME=TYPE", value_parser = config::key_value)]
    search_attribute: Vec<(String, String)>,
    /// Log the configuration at the start
    #[arg(long)]
    log_config: bool,
}

impl StartDev {
    fn config(&self) -> Result<Config, Failure> {
        let mut config = Config::in_memory().with_port(self.port);
        if let Some(path) = &self.db_filename {
            config.store = StoreConfig::Sqlite(SqliteConfig {
                durability: self.durability,
                pragmas: self.sqlite_pragma.clone(),
                ..SqliteConfig::new(path)
            });
        }
        config.cache_mib = self.cache_mib;
        config.ip.clone_from(&self.ip);
        config.namespaces.clone_from(&self.namespace);
        for (name, type_name) in &self.search_attribute {
            let value_type = config::search_attribute_type(type_name)?;
            config = config.with_search_attribute(name.clone(), value_type);
        }
        for (key, value) in &self.dynamic_config_value {
            if !dynamic_config::set(&mut config, key, value)? {
                tracing::debug!(key, "this setting means nothing to this server");
            }
        }
        Ok(config)
    }
}

impl StartDev {
    /// The options that were given and do nothing. `--headless` asks for what is the case.
    fn without_function(&self) -> Vec<&'static str> {
        let given = [
            ("--ui-port", self.ui_port.is_some()),
            ("--ui-ip", self.ui_ip.is_some()),
            ("--ui-public-path", self.ui_public_path.is_some()),
            ("--ui-asset-path", self.ui_asset_path.is_some()),
            ("--ui-codec-endpoint", self.ui_codec_endpoint.is_some()),
            ("--ui-disable-news-fetch", self.ui_disable_news_fetch),
            ("--http-port", self.http_port.is_some()),
            ("--metrics-port", self.metrics_port.is_some()),
        ];
        let given = given.into_iter().filter(|(_, given)| *given);
        given.map(|(option, _)| option).collect()
    }
}

pub(super) fn run(command: StartDev, global: &GlobalArgs) -> Result<(), Failure> {
    start_logging(global)?;
    let config = command.config()?;
    if command.log_config {
        eprintln!("{config:#?}");
    }
    for option in command.without_function() {
        tracing::warn!(
            "{option} has no effect: this server has no Web UI, HTTP API or metrics port"
        );
    }
    run_server(config)
}

/// Runs a server until it is told to stop.
pub(super) fn run_server(config: Config) -> Result<(), Failure> {
    let runtime = tokio::runtime::Runtime::new()?;
    let result = runtime.block_on(serve(config));
    // Whatever still runs has had its grace: a stop must not wait for it.
    runtime.shutdown_background();
    result
}

async fn serve(config: Config) -> Result<(), Failure> {
    // Before the port is open, so that no signal is lost between the two.
    let mut stop = std::pin::pin!(stop_signal()?);
    let namespaces = config.namespaces.join(", ");
    let persistence = match &config.store {
        StoreConfig::Memory => "memory".to_owned(),
        StoreConfig::Sqlite(config) => config.path.display().to_string(),
    };
    let server = tokio::select! {
        server = Server::start(config) => server?,
        // It may take a while to read what is stored; nothing is lost if it is not read to the end.
        () = &mut stop => return Ok(()),
    };
    println!("Mainspring {}", env!("CARGO_PKG_VERSION"));
    println!();
    println!("{:<13}{}", "Server:", server.address());
    println!("{:<13}{persistence}", "Persistence:");
    match namespaces.as_str() {
        "" => println!("{:<13}default", "Namespaces:"),
        others => println!("{:<13}default, {others}", "Namespaces:"),
    }
    let result = tokio::select! {
        () = &mut stop => Ok(()),
        () = server.failed() => Err(Failure(format!("cannot write to {persistence} any more"))),
    };
    server.shutdown().await;
    result
}

/// A future that is ready at SIGINT or SIGTERM (on Windows, at Ctrl-C).
fn stop_signal() -> std::io::Result<impl Future<Output = ()>> {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        let mut interrupt = signal(SignalKind::interrupt())?;
        let mut terminate = signal(SignalKind::terminate())?;
        Ok(async move {
            tokio::select! {
                _ = interrupt.recv() => {}
                _ = terminate.recv() => {}
            }
        })
    }
    #[cfg(not(unix))]
    {
        Ok(async {
            if tokio::signal::ctrl_c().await.is_err() {
                std::future::pending::<()>().await;
            }
        })
    }
}

fn start_logging(global: &GlobalArgs) -> Result<(), Failure> {
    let level = match global.log_level.as_deref() {
        None => "warn",
        Some("never") => "off",
        Some(level @ ("trace" | "debug" | "info" | "warn" | "error" | "off")) => level,
        Some(other) => {
            return Err(Failure(format!(
                "unknown log level {other:?}; it is one of debug, info, warn, error, never"
            )));
        }
    };
    let builder = tracing_subscriber::fmt()
        .with_env_filter(EnvFilter::new(level))
        .with_writer(std::io::stderr);
    match global.log_format {
        LogFormat::Json => builder.json().init(),
        LogFormat::Text | LogFormat::Pretty => builder.with_ansi(false).init(),
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Parser)]
    struct Line {
        #[command(flatten)]
        command: StartDev,
    }

    #[test]
    fn options_without_a_function_are_taken_and_named() {
        let line = [
            "start-dev",
            "--headless",
            "--ui-port",
            "1",
            "--metrics-port",
            "2",
        ];
        let command = Line::parse_from(line).command;
        assert_eq!(command.without_function(), ["--ui-port", "--metrics-port"]);
        assert!(
            Line::parse_from(["start-dev"])
                .command
                .without_function()
                .is_empty()
        );
    }
}
