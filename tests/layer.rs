//! `moonlayer layer build`: what it puts into the layer, and what it refuses to.

#[path = "layer/arches.rs"]
mod arches;
#[path = "layer/binary.rs"]
mod binary;
#[path = "layer/checkout.rs"]
mod checkout;
#[path = "layer/companions.rs"]
mod companions;
#[path = "layer/content.rs"]
mod content;
#[path = "layer/dockerfile.rs"]
mod dockerfile;
#[path = "layer/elf.rs"]
mod elf;
#[path = "layer/failure.rs"]
mod failure;
#[path = "layer/outcome.rs"]
mod outcome;
#[path = "layer/real.rs"]
mod real;
mod support;
#[path = "layer/tools.rs"]
mod tools;
