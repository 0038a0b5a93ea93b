//! Pictures of the screen, as text and as roles: what an agent sees.

pub mod world;

use world::{Screen, World};

#[test]
fn look() {
    let Ok(which) = std::env::var("LOOK") else { return };
    let mut parts = which.splitn(4, ',');
    let world = match parts.next().unwrap() {
        "empty" => World::empty(),
        "failing" => World::failing(),
        "offline" => World::offline(),
        _ => World::busy(),
    };
    let width = parts.next().unwrap().parse().unwrap();
    let height = parts.next().unwrap().parse().unwrap();
    let mut screen = Screen::new(world, width, height).keys(parts.next().unwrap_or(""));
    println!("{}", screen.text());
}
