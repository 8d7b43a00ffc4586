//! What a connection carries, and how a dead one is noticed.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use mainspring::client::{ConnectOptions, TlsOptions};
use mainspring::prelude::*;
use mainspring::worker::WorkerError;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tonic::{Code, Status};

use crate::gate::{self, Verdict};
use crate::{World, hello};

const KEY: &str = "let-me-in";

/// Lets in who has the key. Returns its address.
async fn gate_before(world: &World) -> String {
    gate::before(world, |request| {
        let shown = request.headers().get("authorization");
        let wanted = format!("Bearer {KEY}");
        match shown.is_some_and(|shown| *shown == wanted) {
            true => Verdict::Passed,
            false => Verdict::Refused(Status::unauthenticated("who is it?")),
        }
    })
    .await
}

#[tokio::test]
async fn an_api_key_lets_clients_and_workers_in() {
    let world = World::without_worker().await;
    let address = gate_before(&world).await;
    let options = || {
        let options = ConnectOptions::new(&address).without_tls();
        options.namespace(world.client.namespace())
    };
    let connected = options().api_key(KEY).connect().await;
    let client = connected.expect("it answers").with_task_queue(&world.queue);
    let worker = Worker::new(&client, &world.queue).activities(crate::activities::Bank::with(1));
    let worker = worker.start().expect("the worker starts");
    let greeting = client
        .workflow(hello::greet, world.id("key"))
        .execute("you")
        .await;
    assert_eq!(greeting.expect("it completes"), "Hello, you!");
    worker.shutdown().await.expect("the worker was well");

    for wrong in [options(), options().api_key("another")] {
        let client = wrong
            .connect()
            .await
            .expect("it answers")
            .with_task_queue(&world.queue);
        let started = client
            .workflow(hello::greet, world.id("stranger"))
            .start("you")
            .await;
        let error = started.expect_err("it has no key").to_string();
        assert!(error.contains("who is it?"), "{error}");
        let worker =
            Worker::new(&client, &world.queue).activities(crate::activities::Bank::with(1));
        let error = worker.run().await.expect_err("it cannot go on");
        assert!(
            matches!(&error, WorkerError::Refused { status, .. } if status.code() == Code::Unauthenticated),
            "{error}"
        );
    }
}

#[tokio::test]
async fn a_key_does_not_travel_in_clear_text_unless_it_is_said_to() {
    // A server without TLS, which notes what it is told.
    let listener = TcpListener::bind("127.0.0.1:0").await;
    let listener = listener.expect("a port is free");
    let address = listener.local_addr().expect("it is bound").to_string();
    let heard = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.expect("somebody comes");
        let first = stream.read_u8().await.expect("it says something");
        let no = b"HTTP/1.1 400 Bad Request\r\n\r\n";
        stream.write_all(no).await.expect("it listens");
        // Whatever else it says; the connection must not end before it has read the answer.
        let _ = tokio::io::copy(&mut stream, &mut tokio::io::sink()).await;
        first
    });
    let connected = ConnectOptions::new(&address).api_key(KEY).connect().await;
    let error = connected.expect_err("it does not know TLS").to_string();
    assert!(error.contains("does that server know TLS?"), "{error}");
    const HANDSHAKE: u8 = 22;
    assert_eq!(heard.await.expect("it does not panic"), HANDSHAKE);

    let both = ConnectOptions::new(format!("http://{address}")).tls(TlsOptions::new());
    let error = both
        .connect()
        .await
        .expect_err("it cannot be both")
        .to_string();
    assert!(
        error.ends_with("leave out `http://`, or the options"),
        "{error}"
    );
}

/// A way to a server on which, from some moment on, nothing comes through any more, although the connections stay.
/// Returns its address, and the switch.
async fn way_to(world: &World) -> (String, Arc<AtomicBool>) {
    let listener = TcpListener::bind("127.0.0.1:0")
        .await
        .expect("a port is free");
    let address = listener.local_addr().expect("it is bound").to_string();
    let server = world.address().trim_start_matches("http://").to_owned();
    let dead = Arc::new(AtomicBool::new(false));
    let switch = Arc::clone(&dead);
    tokio::spawn(async move {
        while let Ok((near, _)) = listener.accept().await {
            // Connections that are made later are alive.
            let dead = match dead.load(Ordering::Relaxed) {
                true => Arc::default(),
                false => Arc::clone(&dead),
            };
            let far = TcpStream::connect(&server).await.expect("it listens");
            let (near, far) = (near.into_split(), far.into_split());
            tokio::spawn(pass(near.0, far.1, Arc::clone(&dead)));
            tokio::spawn(pass(far.0, near.1, dead));
        }
    });
    (address, switch)
}

async fn pass(
    mut from: tokio::net::tcp::OwnedReadHalf,
    mut to: tokio::net::tcp::OwnedWriteHalf,
    dead: Arc<AtomicBool>,
) {
    let mut buffer = [0; 4096];
    while let Ok(read @ 1..) = from.read(&mut buffer).await {
        if !dead.load(Ordering::Relaxed) && to.write_all(&buffer[..read]).await.is_err() {
            return;
        }
    }
}

#[tokio::test]
async fn a_connection_that_is_dead_is_noticed_and_made_anew() {
    let world = World::new().await;
    let (address, dead) = way_to(&world).await;
    let options = ConnectOptions::new(address).namespace(world.client.namespace());
    // Servers of others end connections whose other side asks more often than every ten seconds.
    let interval = match crate::is_bundled_server() {
        true => Duration::from_millis(50),
        false => Duration::from_secs(10),
    };
    let client = options.keep_alive(interval, "50ms").connect().await;
    let client = client.expect("it answers").with_task_queue(&world.queue);
    let id = world.id("patient");
    let run = client
        .workflow(hello::greet_later, &id)
        .start("World")
        .await;
    let run = run.expect("it starts");
    let waiting = tokio::spawn(async move { run.result().await });
    // Neither side closes the connection: without keep-alive everybody waits for ever.
    dead.store(true, Ordering::Relaxed);
    let untyped = client.untyped_workflow("greet_later", &id);
    let signalled = untyped.signal("greeting", ("Hi".to_owned(),)).await;
    signalled.expect("it is taken over another connection");
    let greeting = waiting.await.expect("no panic").expect("it completes");
    assert_eq!(greeting, "Hi, World!");
}
