use mainspring::prelude::*;

struct Greeting;

fn client(client: &mainspring::Client) {
    let _ = client.workflow(Greeting, "id");
}

fn main() {}
