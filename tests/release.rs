//! What makes a release: the scripts in `release/`, and the workflows.

#[path = "release/archive.rs"]
mod archive;
#[path = "release/cloud.rs"]
mod cloud;
#[path = "release/cut.rs"]
mod cut;
mod support;
#[path = "release/workflows.rs"]
mod workflows;
