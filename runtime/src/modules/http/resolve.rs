//! From a host's name to its addresses, within a time.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, ToSocketAddrs};
use std::sync::mpsc::{RecvTimeoutError, sync_channel};
use std::thread;
use std::time::Duration;

use super::fault::{Fault, Kind};
use crate::sys;

/// The addresses of a host, in the order to try them; `None` when the time was over.
///
/// The system's call cannot be given a time, so a thread makes it, which the program may outrun:
/// it then ends by itself, with nobody to tell. Addresses and `localhost` need none.
///
/// # Errors
/// The name has no address.
pub fn resolve(
    host: &str,
    port: u16,
    time: Option<Duration>,
) -> Result<Option<Vec<SocketAddr>>, Fault> {
    let unknown = |why: &str| {
        let message = format!(
            "cannot find the address of {host}: {why}; check the name, and that this network has \
             a resolver that knows it"
        );
        Fault::new(Kind::Dns, message)
    };
    if let Ok(address) = host.parse::<IpAddr>() {
        return Ok(Some(vec![(address, port).into()]));
    }
    let name = host.trim_end_matches('.').to_ascii_lowercase();
    // RFC 6761 §6.3 and §6.4: these two are not asked for.
    if name == "localhost" || name.ends_with(".localhost") {
        let loopback: [IpAddr; 2] = [Ipv4Addr::LOCALHOST.into(), Ipv6Addr::LOCALHOST.into()];
        return Ok(Some(loopback.map(|address| (address, port).into()).into()));
    }
    if name == "invalid" || name.ends_with(".invalid") {
        return Err(unknown("names under .invalid have none"));
    }
    let (sender, receiver) = sync_channel(1);
    let asked = (host.to_owned(), port);
    let look_up = move || {
        let found = asked.to_socket_addrs().map(Vec::from_iter);
        // Nobody listens when the time was over.
        let _ = sender.send(found);
    };
    let builder = thread::Builder::new().stack_size(STACK_BYTES);
    sys::without_signals(|| builder.spawn(look_up)).map_err(|error| unknown(&error.to_string()))?;
    let found = match time {
        Some(time) => receiver.recv_timeout(time),
        None => receiver.recv().map_err(|_| RecvTimeoutError::Disconnected),
    };
    match found {
        Ok(Ok(addresses)) if addresses.is_empty() => Err(unknown("it has none")),
        Ok(Ok(addresses)) => Ok(Some(addresses)),
        Ok(Err(error)) => {
            let error = error.to_string();
            let prefix = "failed to lookup address information: ";
            Err(unknown(error.strip_prefix(prefix).unwrap_or(&error)))
        }
        Err(RecvTimeoutError::Timeout) => Ok(None),
        Err(RecvTimeoutError::Disconnected) => Err(unknown("the look-up failed")),
    }
}

/// What a thread that asks the system or speaks TLS needs, with room.
pub const STACK_BYTES: usize = 512 * 1024;
