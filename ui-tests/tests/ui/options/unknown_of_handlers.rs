use mainspring::prelude::*;

#[derive(Default)]
struct Order;

#[workflow(rename_al = "camelCase")]
impl Order {
    #[run]
    async fn run(&self) {}
    #[update(validater = check)]
    async fn change(&self) {}
    #[signal(unfinishd = "abandon")]
    fn go(&self) {}
}

#[activity(name_prefx = "X_")]
impl Prices {
    #[activity(heart_beat = "1s")]
    fn all(&self) {}
}
struct Prices;

struct Fixed;
#[activity_interface]
trait Named {
    #[activity(nam = "x")]
    fn one(&self);
}
#[activity(taskqueue = "x")]
impl Named for Fixed {
    fn one(&self) {}
}

fn main() {}
