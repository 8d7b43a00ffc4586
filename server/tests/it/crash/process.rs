//! The server as a process of its own.

use std::{
    net::TcpListener,
    path::Path,
    process::{Child, Command, Stdio},
    time::Duration,
};

use mainspring_proto::workflowservice::v1::GetSystemInfoRequest;

use super::client::connect;

/// What Linux counts processor time in, on every machine that this runs on.
const MILLIS_PER_TICK: u64 = 10;

/// What a process takes.
pub(crate) struct Resources {
    pub(crate) memory_mib: u64,
    pub(crate) descriptors: usize,
    /// Processor time since its start.
    pub(crate) cpu: Duration,
}

/// A server that is killed when it is dropped.
pub(crate) struct Process {
    child: Child,
    pub(crate) address: String,
}

impl Process {
    /// Starts a server on a free port.
    pub(crate) async fn start(directory: &Path) -> Self {
        let free = TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr());
        let address = free.expect("a free port").to_string();
        Self::start_again(directory, &address).await
    }

    /// Starts a server where one was before (the program of this build, or `MAINSPRING_BINARY`), and waits until it answers.
    pub(crate) async fn start_again(directory: &Path, address: &str) -> Self {
        let (ip, port) = address.split_once(':').expect("host and port");
        let file = directory.join("data.db");
        let built = || env!("CARGO_BIN_EXE_mainspring").into();
        let child = Command::new(std::env::var_os("MAINSPRING_BINARY").unwrap_or_else(built))
            .args([
                "server",
                "start-dev",
                "--ip",
                ip,
                "--port",
                port,
                "--db-filename",
            ])
            .arg(&file)
            .stdout(Stdio::null())
            .spawn()
            .expect("the program starts");
        let mut process = Self {
            child,
            address: address.to_owned(),
        };
        loop {
            let exited = process.child.try_wait().expect("the process is ours");
            assert!(exited.is_none(), "the server did not start: {exited:?}");
            if let Some(mut client) = connect(address).await
                && client
                    .get_system_info(GetSystemInfoRequest {})
                    .await
                    .is_ok()
            {
                return process;
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    /// What it takes now; zeros where there is no `/proc`.
    pub(crate) fn resources(&self) -> Resources {
        let proc = Path::new("/proc").join(self.child.id().to_string());
        let status = std::fs::read_to_string(proc.join("status")).unwrap_or_default();
        let memory = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        let kib = memory.and_then(|text| text.split_whitespace().next()?.parse::<u64>().ok());
        let stat = std::fs::read_to_string(proc.join("stat")).unwrap_or_default();
        // Behind the name, which may hold anything, the 12th and 13th are user and system time.
        let fields = stat.rsplit(')').next().unwrap_or_default();
        let ticks: u64 = fields
            .split_whitespace()
            .skip(11)
            .take(2)
            .filter_map(|ticks| ticks.parse::<u64>().ok())
            .sum();
        Resources {
            memory_mib: kib.unwrap_or(0) / 1024,
            descriptors: std::fs::read_dir(proc.join("fd")).map_or(0, Iterator::count),
            cpu: Duration::from_millis(ticks * MILLIS_PER_TICK),
        }
    }

    /// SIGTERM: the server is asked to stop. How it ended.
    #[cfg(unix)]
    pub(crate) async fn terminate(&mut self) -> std::process::ExitStatus {
        let id = self.child.id().to_string();
        let sent = Command::new("kill").args(["-TERM", &id]).status();
        assert!(sent.is_ok_and(|it| it.success()), "the signal is sent");
        loop {
            if let Some(status) = self.child.try_wait().expect("the process is ours") {
                return status;
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    /// SIGKILL: nothing in the process runs any more.
    pub(crate) fn kill(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.kill();
    }
}
