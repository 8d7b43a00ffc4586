//! The program as people and SDKs start it: its flags, what it prints, and how it ends.

use std::{
    io::{BufRead, BufReader},
    process::{Child, Command, Output, Stdio},
};

use mainspring_proto::{
    testservice::v1::{
        LockTimeSkippingRequest, SleepRequest, UnlockTimeSkippingRequest,
        test_service_client::TestServiceClient,
    },
    workflowservice::v1::workflow_service_client::WorkflowServiceClient,
};
use serde_json::Value as Json;

use crate::{support::connect, support_workflow::start_request};

fn program() -> Command {
    Command::new(env!("CARGO_BIN_EXE_mainspring"))
}

/// A server that is killed when it is dropped.
struct Served {
    child: Child,
    address: String,
    banner: Vec<String>,
}

impl Served {
    /// Starts the program on a free port with these arguments, and reads what it prints until it listens.
    fn start(args: &[&str]) -> Self {
        let mut command = program();
        command
            .args(args)
            .stdout(Stdio::piped())
            .stderr(Stdio::null());
        let mut child = command.spawn().expect("the program starts");
        let stdout = child.stdout.take().expect("it is piped");
        let mut banner = Vec::new();
        for line in BufReader::new(stdout).lines() {
            banner.push(line.expect("it is text"));
            if banner
                .last()
                .is_some_and(|line| line.starts_with("Namespaces:"))
            {
                break;
            }
        }
        let server = banner.iter().find_map(|line| line.strip_prefix("Server:"));
        let address = server.expect("the banner says where").trim().to_owned();
        Self {
            child,
            address,
            banner,
        }
    }

    fn start_dev(args: &[&str]) -> Self {
        let dev = ["server", "start-dev", "--port", "0", "--ip", "127.0.0.1"];
        Self::start(&[&dev, args].concat())
    }

    /// Runs a command of the program against this server.
    fn run(&self, args: &[&str]) -> Output {
        let run = program()
            .args(args)
            .args(["--address", &self.address])
            .stdin(Stdio::null())
            .output();
        run.expect("the program runs")
    }

    /// What a command prints that must succeed.
    #[track_caller]
    fn prints(&self, args: &[&str]) -> String {
        let output = self.run(args);
        let error = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{args:?}: {error}");
        String::from_utf8(output.stdout).expect("it is text")
    }

    #[track_caller]
    fn json(&self, args: &[&str]) -> Json {
        let printed = self.prints(&[args, &["--output", "json"]].concat());
        serde_json::from_str(&printed).expect("it is JSON")
    }

    /// What a command says that must fail, with exit code 1.
    #[track_caller]
    fn refuses(&self, args: &[&str]) -> String {
        let output = self.run(args);
        assert_eq!(output.status.code(), Some(1), "{args:?}");
        assert!(output.stdout.is_empty(), "{args:?}");
        String::from_utf8(output.stderr).expect("it is text")
    }

    async fn start_workflow(&self, id: &str) {
        let url = format!("http://{}", self.address);
        let mut client = WorkflowServiceClient::new(connect(url).await);
        let started = client.start_workflow_execution(start_request(id)).await;
        started.expect("it is started");
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn a_dev_server_takes_the_flags_that_sdks_pass_and_says_where_it_is() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("a.db");
    let file = file.to_str().expect("it is text");
    let server = Served::start_dev(&[
        "--namespace",
        "extra",
        "--log-format",
        "pretty",
        "--log-level",
        "warn",
        "--dynamic-config-value",
        "frontend.enableServerVersionCheck=false",
        "--dynamic-config-value",
        "frontend.enableUpdateWorkflowExecution=true",
        "--dynamic-config-value",
        "frontend.enableUpdateWorkflowExecutionAsyncAccepted=true",
        "--db-filename",
        file,
        "--sqlite-pragma",
        "cache_size=1000",
        "--search-attribute",
        "Color=Keyword",
        "--search-attribute",
        "Size=Int",
        "--headless",
        "--ui-port",
        "1",
    ]);
    assert_eq!(
        server.banner,
        [
            format!("Mainspring {}", env!("CARGO_PKG_VERSION")),
            String::new(),
            format!("Server:      {}", server.address),
            format!("Persistence: {file}"),
            "Namespaces:  default, extra".to_owned(),
        ]
    );
    for namespace in ["default", "extra"] {
        let described = server.json(&[
            "operator",
            "namespace",
            "describe",
            "--namespace",
            namespace,
        ]);
        assert_eq!(
            described["config"]["workflowExecutionRetentionTtl"],
            "86400s"
        );
        let attributes = server.prints(&[
            "operator",
            "search-attribute",
            "list",
            "--namespace",
            namespace,
        ]);
        let mut rows = attributes
            .lines()
            .map(|row| row.split_whitespace().collect::<Vec<_>>());
        assert_eq!(rows.nth(1), Some(vec!["Color", "Keyword"]));
        assert_eq!(rows.next(), Some(vec!["Size", "Int"]));
    }
}

#[test]
fn a_taken_port_and_a_wrong_flag_end_the_program_with_a_reason() {
    let server = Served::start_dev(&[]);
    let (_, port) = server.address.rsplit_once(':').expect("it has a port");
    let second = |args: &[&str]| {
        let output = program().args(args).output().expect("the program runs");
        assert_eq!(output.status.code(), Some(1));
        String::from_utf8(output.stderr).expect("it is text")
    };
    let taken = second(&["server", "start-dev", "--ip", "127.0.0.1", "--port", port]);
    assert_eq!(
        taken,
        format!(
            "error: {} is already in use by another program\n",
            server.address
        )
    );
    let wrong = second(&["server", "start-dev", "--search-attribute", "Color=Colour"]);
    assert!(
        wrong.contains("Colour") && wrong.contains("Keyword"),
        "{wrong}"
    );
    for (args, said) in [
        (
            &["server", "start-dev", "--prot", "1"][..],
            "error: unexpected argument '--prot' found; tip: a similar argument exists: '--port'\n",
        ),
        (
            &["workflow", "describe"],
            "error: the following required arguments were not provided: --workflow-id <WORKFLOW_ID>\n",
        ),
        (
            &["workflow", "list", "--output", "xml"],
            "error: invalid value 'xml' for '--output <OUTPUT>' [possible values: text, json, jsonl, none]\n",
        ),
    ] {
        assert_eq!(second(args), said);
    }
}

#[test]
fn namespaces_are_created_described_listed_and_deleted() {
    let server = Served::start_dev(&[]);
    let namespace = |args: &[&'static str]| [&["operator", "namespace"], args].concat();
    let created = server.prints(&namespace(&[
        "create",
        "red",
        "--description",
        "about red",
        "--email",
        "red@example.com",
        "--retention",
        "48h",
        "--data",
        "team=red",
        "--active-cluster",
        "active",
        "--cluster",
        "active",
        "--history-archival-state",
        "disabled",
        "--visibility-archival-state",
        "disabled",
    ]));
    assert_eq!(created, "Namespace red successfully registered.\n");
    let again = server.refuses(&namespace(&["create", "red"]));
    assert!(
        again.contains("Namespace \"red\" already exists"),
        "{again}"
    );

    for (wrong, why) in [
        (&["--cluster", "other"][..], "Invalid cluster name: other"),
        (
            &["--active-cluster", "other"],
            "Invalid cluster name: other",
        ),
        (&["--global"], "a global namespace cannot be registered"),
        (&["--retention", "5m"], "The least is an hour"),
    ] {
        let refused = server.refuses(&namespace(&[&["create", "blue"], wrong].concat()));
        assert!(refused.contains(why), "{refused}");
    }

    let text = server.prints(&namespace(&["describe", "red"]));
    for row in [
        "Name",
        "red",
        "State",
        "Registered",
        "about red",
        "red@example.com",
        "team=red",
        "48h",
    ] {
        assert!(text.contains(row), "{row}: {text}");
    }
    let json = server.json(&namespace(&["describe", "--namespace", "red"]));
    assert_eq!(json["namespaceInfo"]["ownerEmail"], "red@example.com");
    let id = json["namespaceInfo"]["id"].as_str().expect("it has an id");
    let by_id = server.json(&["operator", "namespace", "describe", "--namespace-id", id]);
    assert_eq!(by_id, json);

    let listed = server.json(&namespace(&["list"]));
    let names: Vec<_> = listed
        .as_array()
        .expect("a list")
        .iter()
        .map(|it| it["namespaceInfo"]["name"].as_str())
        .collect();
    assert_eq!(names, [Some("default"), Some("red")]);

    let unsure = server.refuses(&namespace(&["delete", "red"]));
    assert!(unsure.contains("--yes"), "{unsure}");
    server.prints(&namespace(&["delete", "red", "--yes"]));
    let gone = server.refuses(&namespace(&["describe", "red"]));
    assert!(gone.contains("Namespace red is not found."), "{gone}");
}

#[test]
fn search_attributes_are_created_listed_and_removed() {
    let server = Served::start_dev(&[]);
    let attribute = |args: &[&'static str]| [&["operator", "search-attribute"], args].concat();
    server.prints(&attribute(&[
        "create", "--name", "Color", "--type", "Keyword", "--name", "Size", "--type", "Int",
    ]));
    let odd = server.refuses(&attribute(&[
        "create", "--name", "A", "--type", "Int", "--name", "B",
    ]));
    assert!(odd.contains("each name needs its type"), "{odd}");
    let listed = server.json(&attribute(&["list"]));
    assert_eq!(
        listed["customAttributes"]["Color"],
        "INDEXED_VALUE_TYPE_KEYWORD"
    );
    assert_eq!(
        listed["systemAttributes"]["WorkflowId"],
        "INDEXED_VALUE_TYPE_KEYWORD"
    );
    server.prints(&attribute(&["remove", "--name", "Color", "--yes"]));
    let listed = server.json(&attribute(&["list"]));
    assert_eq!(
        listed["customAttributes"].as_object().map(|it| it.len()),
        Some(1)
    );
}

#[tokio::test]
async fn workflows_are_listed_described_shown_and_terminated() {
    let server = Served::start_dev(&[]);
    server.start_workflow("one").await;
    server.start_workflow("two").await;
    let query = ["workflow", "list", "--query", "WorkflowId = 'one'"];
    let listed = server.json(&query);
    assert_eq!(listed[0]["execution"]["workflowId"], "one");
    assert_eq!(listed[0]["status"], "WORKFLOW_EXECUTION_STATUS_RUNNING");
    assert_eq!(listed.as_array().map(Vec::len), Some(1));
    let table = server.prints(&["workflow", "list", "--limit", "1"]);
    let rows: Vec<Vec<_>> = table
        .lines()
        .map(|row| row.split_whitespace().collect())
        .collect();
    assert_eq!(rows[0], ["Status", "WorkflowId", "Type", "StartTime"]);
    assert_eq!((rows.len(), rows[1][0], rows[1][2]), (2, "Running", "type"));
    let wrong = server.refuses(&["workflow", "list", "--query", "Colour = 1"]);
    assert!(wrong.contains("Colour"), "{wrong}");

    let described = server.prints(&["workflow", "describe", "-w", "one"]);
    assert!(
        described.contains("Execution Info:") && described.contains("Running"),
        "{described}"
    );
    let history = server.json(&["workflow", "show", "--workflow-id", "one"]);
    let kinds = |history: &Json| -> Vec<String> {
        let events = history["events"].as_array().expect("it has events");
        events
            .iter()
            .map(|it| it["eventType"].as_str().unwrap_or_default().to_owned())
            .collect()
    };
    let (first, second) = (
        "EVENT_TYPE_WORKFLOW_EXECUTION_STARTED".to_owned(),
        "EVENT_TYPE_WORKFLOW_TASK_SCHEDULED".to_owned(),
    );
    assert_eq!(kinds(&history), [first.clone(), second.clone()]);
    let reversed = server.json(&["workflow", "show", "-w", "one", "--reverse"]);
    assert_eq!(kinds(&reversed), [second, first]);

    let terminated = server.prints(&["workflow", "terminate", "-w", "one", "--reason", "enough"]);
    assert_eq!(terminated, "Workflow terminated\n");
    let shown = server.json(&["workflow", "show", "-w", "one", "--follow"]);
    let ended = &shown["events"][2]["workflowExecutionTerminatedEventAttributes"];
    assert_eq!(ended["reason"], "enough");
    let again = server.refuses(&["workflow", "terminate", "-w", "one"]);
    assert!(
        again.contains("workflow execution already completed"),
        "{again}"
    );
    let unknown = server.refuses(&["workflow", "describe", "-w", "three"]);
    assert!(
        unknown.contains("workflow not found for ID: three"),
        "{unknown}"
    );
}

#[tokio::test]
async fn workflows_are_terminated_by_a_query() {
    let server = Served::start_dev(&[]);
    for id in ["one", "two", "another"] {
        server.start_workflow(id).await;
    }
    let query = "WorkflowId IN ('one', 'two')";
    let terminate = ["workflow", "terminate", "-q", query, "--reason", "enough"];
    let unsure = server.refuses(&terminate);
    assert!(
        unsure.contains("Terminate 2 workflows?") && unsure.contains("--yes"),
        "{unsure}"
    );
    let sure = [&terminate[..], &["--yes"]].concat();
    assert_eq!(server.prints(&sure), "Terminated 2 workflows\n");
    assert_eq!(server.prints(&sure), "Terminated 0 workflows\n");
    let open = ["workflow", "list", "-q", "ExecutionStatus = 'Running'"];
    let left = server.json(&open);
    assert_eq!(left[0]["execution"]["workflowId"], "another");
    assert_eq!(left.as_array().map(Vec::len), Some(1));

    let neither = server.refuses(&["workflow", "terminate"]);
    assert!(neither.contains("--query"), "{neither}");
    let both = server.refuses(&["workflow", "terminate", "-w", "another", "-q", query]);
    assert!(both.contains("cannot be used with"), "{both}");
    let points = server.prints(&["workflow", "describe", "-w", "one", "--reset-points"]);
    assert_eq!(points, "Auto Reset Points: 0\n");
}

#[tokio::test]
async fn a_port_alone_starts_a_server_whose_time_can_be_skipped() {
    for (args, locked) in [
        (&["0"][..], true),
        (&["0", "--enable-time-skipping"], false),
    ] {
        let server = Served::start(args);
        let url = format!("http://{}", server.address);
        let mut tests = TestServiceClient::new(connect(url).await);
        // To unlock it once more than it was locked is refused.
        let unlocked = tests
            .unlock_time_skipping(UnlockTimeSkippingRequest::default())
            .await;
        assert_eq!(unlocked.is_ok(), locked, "{args:?}");
        tests
            .lock_time_skipping(LockTimeSkippingRequest::default())
            .await
            .expect("it is locked");
        let seconds = mainspring_proto::prost_types::Duration {
            seconds: 30 * 24 * 60 * 60,
            nanos: 0,
        };
        let request = SleepRequest {
            duration: Some(seconds),
        };
        let now = async |tests: &mut TestServiceClient<_>| {
            let now = tests
                .get_current_time(())
                .await
                .expect("it tells")
                .into_inner();
            now.time.expect("it is set").seconds
        };
        let before = now(&mut tests).await;
        tests
            .unlock_time_skipping_with_sleep(request)
            .await
            .expect("it skips");
        assert!(now(&mut tests).await - before >= seconds.seconds);
    }
}
