//! What another crate defines is registered here too; that crate knows `mainspring` by another name.
use mainspring_ui_tests_renamed::shapes;

#[test]
fn the_items_of_another_crate_are_found() {
    let _ = shapes::Fixed;
    let workflows = mainspring::registry::workflows();
    assert!(workflows.iter().any(|it| it.name() == "order-of-shapes"));
    let activities = mainspring::registry::activities();
    assert!(activities.iter().any(|it| it.name() == "Prices_onePrice"));
}
