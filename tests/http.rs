//! `lambda.http` against real servers on loopback: good ones, broken ones, proxies, TLS.

#[path = "http/answers.rs"]
mod answers;
#[path = "http/bodies.rs"]
mod bodies;
#[path = "http/connections.rs"]
mod connections;
#[path = "http/deadline.rs"]
mod deadline;
#[path = "http/faults.rs"]
mod faults;
#[path = "http/many.rs"]
mod many;
#[path = "http/memory.rs"]
mod memory;
#[path = "http/proxies.rs"]
mod proxies;
#[path = "http/redirects.rs"]
mod redirects;
#[path = "http/requests.rs"]
mod requests;
#[path = "http/support.rs"]
mod support;
#[path = "http/tls.rs"]
mod tls;
