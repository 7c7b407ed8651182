//! `lambda.http`: HTTP requests. Its user documentation is in `types/lambda/http.lua`.
//!
//! `options` makes a request of Lua's values, `client` sends it by ureq over connections of our own
//! making (`dialer`), `answer` makes Lua's values of what came.

mod all;
mod answer;
mod client;
mod dialer;
mod exchange;
mod fault;
mod fields;
mod forward;
mod line;
mod options;
mod proxy;
mod resolve;
mod room;
mod socket;
mod tls;
mod tunnel;
mod upload;
mod url;

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use mlua::{Lua, LuaString, MultiValue, Table, Value};
use ureq::http::Method;

use super::throw::{self, Throw, type_name};
use crate::deadline::{Deadline, Interrupter};
use crate::json::Codec;
use crate::memory::Heap;
use answer::Answers;
use client::Client;
use exchange::Body;
use options::{Payload, Prepared, Reader};
use room::Room;
use upload::Upload;

/// The HTTP client of one Lua state, made when it is first used.
#[derive(Debug, Default)]
pub struct Connections {
    client: RefCell<Option<Rc<Client>>>,
    /// Lua's memory, where it is limited.
    heap: Cell<Option<&'static Heap>>,
}

impl Connections {
    /// Drops the idle connections: after a snapshot they lead nowhere.
    pub fn forget(&self) {
        if let Some(client) = &*self.client.borrow() {
            client.forget_connections();
        }
    }

    /// Bodies of answers become Lua strings: they take no more than `heap` has left.
    pub fn join(&self, heap: &'static Heap) {
        self.heap.set(Some(heap));
    }

    fn left_bytes(&self) -> usize {
        self.heap.get().map_or(usize::MAX, Heap::left_bytes)
    }

    fn client(&self, interrupter: Interrupter) -> Result<Rc<Client>, String> {
        let mut client = self.client.borrow_mut();
        if let Some(client) = &*client {
            return Ok(Rc::clone(client));
        }
        let made = Rc::new(Client::from_env(interrupter)?);
        *client = Some(Rc::clone(&made));
        Ok(made)
    }
}

/// What `require("lambda.http")` gives.
///
/// # Errors
/// Lua is out of memory.
pub fn module(
    lua: &Lua,
    codec: &Rc<Codec>,
    deadline: &Rc<Deadline>,
    connections: &Rc<Connections>,
) -> mlua::Result<Table> {
    let module = lua.create_table()?;
    let http = Rc::new(Http {
        interrupter: deadline.interrupter(),
        reader: Reader::new(codec, deadline),
        answers: Answers::new(lua, codec, deadline)?,
        connections: Rc::clone(connections),
    });
    for (name, method) in [
        ("delete", Method::DELETE),
        ("get", Method::GET),
        ("head", Method::HEAD),
        ("patch", Method::PATCH),
        ("post", Method::POST),
        ("put", Method::PUT),
    ] {
        let http = Rc::clone(&http);
        let function = throw::function(lua, name, move |lua, args: (Value, Value)| {
            let (url, options) = args;
            let Value::String(url) = url else {
                let got = type_name(&url);
                return Err(bad_argument(1, name, &format!("string expected, got {got}")).into());
            };
            let options = match options {
                Value::Nil => None,
                Value::Table(options) => Some(options),
                other => {
                    let got = type_name(&other);
                    let message = format!("table expected, got {got}");
                    return Err(bad_argument(2, name, &message).into());
                }
            };
            let prepared = http
                .reader
                .call(lua, method.clone(), &url, options.as_ref())
                .map_err(|refusal| refusal.throw(name))?;
            http.send(lua, prepared)
        })?;
        module.raw_set(name, function)?;
    }
    let request = {
        let http = Rc::clone(&http);
        throw::function(lua, "request", move |lua, options: Value| {
            let options = table(options, "request")?;
            let prepared = http
                .reader
                .request(lua, &options)
                .map_err(|refusal| refusal.throw("request"))?;
            http.send(lua, prepared)
        })?
    };
    module.raw_set("request", request)?;
    let all = throw::function(lua, "all", move |lua, list: Value| {
        http.send_all(lua, &table(list, "all")?)
    })?;
    module.raw_set("all", all)?;
    Ok(module)
}

/// What the module's functions share.
struct Http {
    reader: Reader,
    interrupter: Interrupter,
    answers: Answers,
    connections: Rc<Connections>,
}

impl Http {
    /// Sends one request; gives the answer, or nil and the error.
    fn send(&self, lua: &Lua, prepared: Prepared) -> Result<MultiValue, Throw> {
        let client = self.connections.client(self.interrupter)?;
        let Prepared {
            request,
            payload,
            stream,
        } = prepared;
        if request.url.is_https() {
            client.check_tls()?;
        }
        let asked = request.url.clone();
        let sent = match payload {
            Payload::None => client.send(request, Body::None),
            Payload::Bytes(text) => client.send(request, Body::Bytes(&text.as_bytes())),
            Payload::Owned(bytes) => client.send(request, Body::Bytes(&bytes)),
            Payload::Made(function, length) => {
                let mut upload = Upload::new(lua, function, length);
                let sent = client.send(request, Body::Made(&mut upload));
                if let Some(thrown) = upload.thrown() {
                    return Err(thrown);
                }
                sent
            }
        };
        let outcome = sent.and_then(|(head, mut body)| {
            if stream {
                return Ok((head, None, body));
            }
            let whole = body.whole(&Room::new(self.connections.left_bytes()), || {
                let left = self.connections.left_bytes();
                // An error of a finalizer has nobody to go to here.
                let _ = lua.gc_collect();
                self.connections.left_bytes().saturating_sub(left)
            })?;
            Ok((head, Some(whole), body))
        });
        match outcome {
            Ok((head, Some(whole), _)) => {
                let answer = self.answers.whole(lua, &head, &whole)?;
                Ok(MultiValue::from_vec(vec![Value::Table(answer)]))
            }
            Ok((head, None, body)) => {
                let answer = self.answers.streamed(lua, &head, body, &asked)?;
                Ok(MultiValue::from_vec(vec![Value::Table(answer)]))
            }
            Err(fault) => {
                let error = self.answers.error(lua, &fault, &asked)?;
                Ok(MultiValue::from_vec(vec![Value::Nil, Value::Table(error)]))
            }
        }
    }

    /// Sends all requests of a list side by side; gives their answers in its order.
    fn send_all(&self, lua: &Lua, list: &Table) -> Result<Table, Throw> {
        let mut requests = Vec::new();
        if list.raw_len() == 0 && !list.is_empty() {
            let message = "a list of requests expected; a single one is for http.request";
            return Err(bad_argument(1, "all", message).into());
        }
        for nth in 1..=list.raw_len() {
            let bad =
                |what: &str| Throw::from(bad_argument(1, "all", &format!("request {nth}: {what}")));
            let options: Value = list.raw_get(nth)?;
            let Value::Table(options) = options else {
                return Err(bad(&format!("table expected, got {}", type_name(&options))));
            };
            let prepared = self
                .reader
                .request(lua, &options)
                .map_err(|refusal| refusal.within(nth).throw("all"))?;
            if matches!(prepared.payload, Payload::Made(..)) {
                return Err(bad(
                    "a body from a function cannot be sent by http.all; give a string",
                ));
            }
            if prepared.stream {
                return Err(bad("http.all takes no stream; use http.request"));
            }
            requests.push(prepared);
        }
        // Lua does nothing while threads read its strings.
        let texts: Vec<_> = requests
            .iter()
            .map(|prepared| match &prepared.payload {
                Payload::Bytes(text) => Some(text.as_bytes()),
                _ => None,
            })
            .collect();
        let jobs: Vec<all::Job> = requests
            .iter()
            .zip(&texts)
            .map(|(prepared, text)| {
                let body = match (&prepared.payload, text) {
                    (Payload::Owned(bytes), _) => Some(&bytes[..]),
                    (_, text) => text.as_deref(),
                };
                (&prepared.request, body)
            })
            .collect();
        let client = self.connections.client(self.interrupter)?;
        if jobs.iter().any(|(request, _)| request.url.is_https()) {
            client.check_tls()?;
        }
        let mut room = Room::new(self.connections.left_bytes());
        if room.is_scarce() {
            // An error of a finalizer has nobody to go to here.
            let _ = lua.gc_collect();
            room = Room::new(self.connections.left_bytes());
        }
        let outcomes = all::send(&client, &jobs, &room);
        let answers = lua.create_table()?;
        for ((request, _), outcome) in jobs.iter().zip(outcomes) {
            let answer = match outcome {
                Ok((head, body)) => self.answers.whole(lua, &head, &body)?,
                Err(fault) => {
                    let failed = lua.create_table()?;
                    failed.raw_set("error", self.answers.error(lua, &fault, &request.url)?)?;
                    failed
                }
            };
            answers.raw_push(answer)?;
        }
        Ok(answers)
    }
}

fn table(value: Value, function: &str) -> Result<Table, Throw> {
    match value {
        Value::Table(table) => Ok(table),
        other => {
            let message = format!("table expected, got {}", type_name(&other));
            Err(bad_argument(1, function, &message).into())
        }
    }
}

/// As Lua's library words it.
fn bad_argument(nth: usize, function: &str, what: &str) -> String {
    format!("bad argument #{nth} to '{function}' ({what})")
}

/// A header's value or another text that a number may stand for.
fn text_of(lua: &Lua, value: &Value) -> Option<LuaString> {
    match value {
        Value::String(_) | Value::Integer(_) | Value::Number(_) => {
            lua.coerce_string(value.clone()).ok().flatten()
        }
        _ => None,
    }
}
