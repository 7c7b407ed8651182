//! What `lambda.web` and its router add to a handler that gives the same answer, at a start and
//! for each request.
//!
//! Ours alone: the others have no router of their own.

use anyhow::Result;

use crate::event::Event;
use crate::measure::{Effort, millis};
use crate::mock::Prepared;
use crate::peer::{OURS, Peer};
use crate::table::Table;

/// Starts, each with a first request, and then requests, of all three in turns.
pub fn measure(peers: &[Peer], effort: &Effort, table: &mut Table) -> Result<()> {
    let Some(peer) = peers.iter().find(|peer| peer.name == OURS) else {
        return Ok(());
    };
    let event = Prepared::new(Event::order()?);
    for round in 0..effort.starts {
        for (name, handler) in FUNCTIONS {
            let mut process = peer.start(handler, Some(&event))?;
            let (_, response) = process.first_response()?;
            // The first round reads the program from disk.
            if round > 0 {
                table.add(&start(name), "ms", OURS, millis(response));
            }
        }
    }
    let mut running = Vec::new();
    for (name, handler) in FUNCTIONS {
        let mut process = peer.start(handler, None)?;
        process.rest()?;
        process.echo(&event, effort.small)?;
        running.push((name, process));
    }
    for _ in 0..2 * effort.rounds {
        for (name, process) in &mut running {
            let (times, cpu) = process.echo(&event, effort.small)?;
            for time in times {
                table.add(&request(name), "us", OURS, 1e3 * millis(time));
            }
            let each = 1e3 * millis(cpu) / effort.small as f64;
            table.add(&format!("cpu of {}", request(name)), "us", OURS, each);
        }
    }
    Ok(())
}

/// What may be added to a plain handler: by which function, to which figure, and how much.
pub fn additions() -> [(String, String, &'static str, f64); 2] {
    let [(plain, _), (web, _), (router, _)] = FUNCTIONS;
    [
        (request(router), request(plain), "us", 5.0),
        (start(web), start(plain), "ms", 0.3),
    ]
}

/// The figure in which a start or a request stands.
fn start(name: &str) -> String {
    format!("start with {name}")
}

fn request(name: &str) -> String {
    format!("request to {name}")
}

/// What the tables call the functions, and their handlers.
const FUNCTIONS: [(&str, &str); 3] = [
    ("a plain handler", "order.handler"),
    ("web.handler", "web_order.handler"),
    ("a router of 200 routes", "routed.handler"),
];
