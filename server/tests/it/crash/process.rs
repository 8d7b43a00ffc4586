//! The server as a process of its own.

use std::{
    net::TcpListener,
    path::Path,
    process::{Child, Command, Stdio},
    time::Duration,
};

use mainspring_proto::workflowservice::v1::GetSystemInfoRequest;

use super::client::connect;

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

    /// Starts a server where one was before, and waits until it answers.
    pub(crate) async fn start_again(directory: &Path, address: &str) -> Self {
        let (ip, port) = address.split_once(':').expect("host and port");
        let file = directory.join("data.db");
        let child = Command::new(env!("CARGO_BIN_EXE_mainspring"))
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

    /// Its memory in MiB and its open descriptors; zeros where there is no `/proc`.
    pub(crate) fn resources(&self) -> (u64, usize) {
        let proc = Path::new("/proc").join(self.child.id().to_string());
        let status = std::fs::read_to_string(proc.join("status")).unwrap_or_default();
        let memory = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        let kib = memory.and_then(|text| text.split_whitespace().next()?.parse::<u64>().ok());
        let descriptors = std::fs::read_dir(proc.join("fd")).map_or(0, Iterator::count);
        (kib.unwrap_or(0) / 1024, descriptors)
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
