#[mainspring::main]
struct Program;

fn main() {}
