//! Child processes: commands that must succeed, and a server that ends with its owner.

use std::{
    io,
    net::{TcpListener, TcpStream},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

/// How long a started server may take to accept connections.
const SERVER_READY: Duration = Duration::from_secs(10);

/// The workspace's root folder.
pub(crate) fn root() -> PathBuf {
    let manifest = Path::new(env!("CARGO_MANIFEST_DIR"));
    manifest
        .parent()
        .expect("xtask lies in the workspace")
        .to_owned()
}

/// Where cargo puts what it builds.
pub(crate) fn target() -> PathBuf {
    std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root().join("target"), PathBuf::from)
}

/// Cargo, as a user calls it. What cargo tells this program of its own package would be news to build scripts that look
/// at it, as ring's does, and they would run again with all that depends on them.
pub(crate) fn cargo() -> Command {
    let mut cargo = Command::new(env!("CARGO"));
    for (name, _) in std::env::vars_os() {
        let about_this = |name: &str| {
            ["CARGO_PKG_", "CARGO_MANIFEST_"]
                .iter()
                .any(|it| name.starts_with(it))
        };
        if name.to_str().is_some_and(about_this) {
            cargo.env_remove(&name);
        }
    }
    cargo
}

/// Runs a command to its end; anything but success is an error that names it.
pub(crate) fn run(command: &mut Command) -> Result<(), String> {
    let shown = format!("{command:?}");
    match command.status() {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => Err(format!("{shown} ended with {status}")),
        Err(error) => Err(format!("{shown} could not start: {error}")),
    }
}

/// Runs a command to its end, and returns what it has printed; anything but success is an error that names it.
pub(crate) fn output(command: &mut Command) -> Result<String, String> {
    let shown = format!("{command:?}");
    let output = command.stderr(Stdio::inherit()).output();
    let output = output.map_err(|error| format!("{shown} could not start: {error}"))?;
    match output.status.success() {
        true => Ok(String::from_utf8_lossy(&output.stdout).into_owned()),
        false => Err(format!("{shown} ended with {}", output.status)),
    }
}

/// Builds binaries of the workspace and returns the folder they are in.
pub(crate) fn build(packages: &[(&str, &str)]) -> Result<PathBuf, String> {
    for (package, binary) in packages {
        run(cargo()
            .current_dir(root())
            .args(["build", "--package", package, "--bin", binary]))?;
    }
    Ok(target().join("debug"))
}

/// A process that is ended when its owner is.
pub(crate) struct Owned(Child);

impl Owned {
    pub(crate) fn spawn(command: &mut Command) -> Result<Self, String> {
        let shown = format!("{command:?}");
        command
            .spawn()
            .map(Self)
            .map_err(|error| format!("{shown} could not start: {error}"))
    }
}

impl Drop for Owned {
    fn drop(&mut self) {
        // It may have ended by itself: there is nobody to tell.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// A server on a free port.
pub(crate) struct Server {
    pub(crate) address: String,
    _process: Owned,
}

impl Server {
    /// Starts the server and waits until it accepts connections.
    pub(crate) fn start(binary: &Path) -> Result<Self, String> {
        Self::start_with(binary, &[])
    }

    /// The same with more arguments: Temporal's dev server takes those that ours does.
    pub(crate) fn start_with(binary: &Path, more: &[&str]) -> Result<Self, String> {
        let port = free_port().map_err(|error| format!("no free port: {error}"))?;
        let process = Owned::spawn(
            Command::new(binary)
                .args([
                    "server",
                    "start-dev",
                    "--headless",
                    "--log-level",
                    "warn",
                    "--port",
                ])
                .arg(port.to_string())
                .args(more),
        )?;
        let address = format!("127.0.0.1:{port}");
        let deadline = Instant::now() + SERVER_READY;
        while TcpStream::connect(&address).is_err() {
            if Instant::now() > deadline {
                return Err(format!(
                    "the server did not listen on {address} in {SERVER_READY:?}"
                ));
            }
            thread::sleep(Duration::from_millis(5));
        }
        Ok(Self {
            address,
            _process: process,
        })
    }
}

fn free_port() -> io::Result<u16> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?.port())
}
