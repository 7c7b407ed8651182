//! `Answers`: makes Lua's values of what came: the answer, its headers and body, the error.

use std::cell::RefCell;
use std::rc::Rc;

use mlua::{Lua, LuaString, MultiValue, Table, Value};
use ureq::http::{HeaderMap, header};

use super::exchange::{Head, PIECE_BYTES, Stream};
use super::fault::{Fault, Kind};
use super::url::Url;
use crate::deadline::Deadline;
use crate::json::{Codec, DecodeError};
use crate::modules::throw::{self, Throw, type_name};

/// The metatables of one Lua state's answers.
pub struct Answers {
    answer_mt: Table,
    headers_mt: Table,
    error_mt: Table,
    deadline: Rc<Deadline>,
    /// By header table, its values one by one: only of answers that repeat a header.
    repeated: Table,
}

impl Answers {
    /// Makes the metatables.
    ///
    /// # Errors
    /// Lua is out of memory.
    pub fn new(lua: &Lua, codec: &Rc<Codec>, deadline: &Rc<Deadline>) -> mlua::Result<Self> {
        let repeated = lua.create_table()?;
        let weak = lua.create_table()?;
        weak.raw_set("__mode", "k")?;
        repeated.set_metatable(Some(weak))?;

        let methods = lua.create_table()?;
        methods.raw_set("json", json(lua, codec)?)?;
        methods.raw_set("values", values(lua, &repeated)?)?;
        // A streamed answer has one of its own.
        methods.raw_set("close", lua.create_function(|_, _: MultiValue| Ok(()))?)?;
        let answer_mt = lua.create_table()?;
        answer_mt.raw_set("__index", methods)?;

        let headers_mt = lua.create_table()?;
        let find = |lua: &Lua, (headers, name): (Table, Value)| match name {
            Value::String(name) => {
                let small = name.as_bytes().to_ascii_lowercase();
                headers.raw_get::<Value>(lua.create_string(small)?)
            }
            _ => Ok(Value::Nil),
        };
        headers_mt.raw_set("__index", lua.create_function(find)?)?;

        let error_mt = lua.create_table()?;
        let show = |_: &Lua, error: Table| error.raw_get::<Value>("message");
        error_mt.raw_set("__tostring", lua.create_function(show)?)?;
        error_mt.raw_set("__name", "HttpError")?;
        Ok(Self {
            answer_mt,
            headers_mt,
            error_mt,
            deadline: Rc::clone(deadline),
            repeated,
        })
    }

    /// An answer that is there as a whole.
    ///
    /// # Errors
    /// Lua is out of memory.
    pub fn whole(&self, lua: &Lua, head: &Head, body: &[u8]) -> mlua::Result<Table> {
        let answer = self.head(lua, head)?;
        answer.raw_set("body", lua.create_string(body)?)?;
        Ok(answer)
    }

    /// An answer whose body is a function that gives it piece by piece.
    ///
    /// # Errors
    /// Lua is out of memory.
    pub fn streamed(
        &self,
        lua: &Lua,
        head: &Head,
        stream: Stream,
        asked: &Url,
    ) -> mlua::Result<Table> {
        let answer = self.head(lua, head)?;
        let stream = Rc::new(RefCell::new(Some(stream)));
        let (open, asked) = (Rc::clone(&stream), asked.clone());
        let (error_mt, deadline) = (self.error_mt.clone(), Rc::clone(&self.deadline));
        let piece = RefCell::new(Vec::new());
        let body = throw::function(lua, "body", move |lua, _: MultiValue| {
            let mut open = open.borrow_mut();
            let Some(stream) = &mut *open else {
                return Ok(None);
            };
            let mut piece = piece.borrow_mut();
            piece.resize(PIECE_BYTES, 0);
            match stream.read(&mut piece) {
                Ok(0) => {
                    *open = None;
                    *piece = Vec::new();
                    Ok(None)
                }
                Ok(count) => Ok(Some(lua.create_string(&piece[..count])?)),
                Err(fault) => {
                    *open = None;
                    heed(&deadline, &fault);
                    let error = error(lua, &error_mt, &fault, &asked)?;
                    Err(Throw::Value(Value::Table(error)))
                }
            }
        })?;
        answer.raw_set("body", body)?;
        let close = lua.create_function(move |_, _: MultiValue| {
            *stream.borrow_mut() = None;
            Ok(())
        })?;
        answer.raw_set("close", close)?;
        Ok(answer)
    }

    /// The error of a request that has no answer. One that waited until the deadline stops the
    /// handler.
    ///
    /// # Errors
    /// Lua is out of memory.
    pub fn error(&self, lua: &Lua, fault: &Fault, asked: &Url) -> mlua::Result<Table> {
        heed(&self.deadline, fault);
        error(lua, &self.error_mt, fault, asked)
    }

    fn head(&self, lua: &Lua, head: &Head) -> mlua::Result<Table> {
        let answer = lua.create_table()?;
        answer.raw_set("status", head.status.as_u16())?;
        answer.raw_set("url", head.url.to_string())?;
        answer.raw_set("headers", self.headers(lua, &head.headers)?)?;
        answer.set_metatable(Some(self.answer_mt.clone()))?;
        Ok(answer)
    }

    /// The headers by their names in small letters, in any case by `__index`.
    fn headers(&self, lua: &Lua, headers: &HeaderMap) -> mlua::Result<Table> {
        let table = lua.create_table()?;
        let all = lua.create_table()?;
        let mut repeats = false;
        for name in headers.keys() {
            let values: Vec<&[u8]> = headers
                .get_all(name)
                .iter()
                .map(|value| value.as_bytes())
                .collect();
            if values.len() > 1 {
                repeats = true;
                let list = lua.create_table()?;
                for value in &values {
                    list.raw_push(lua.create_string(value)?)?;
                }
                all.raw_set(name.as_str(), list)?;
            }
            // RFC 9110 §5.3: Set-Cookie is the one that cannot be joined.
            let value = if name == header::SET_COOKIE {
                values.first().copied().unwrap_or_default().to_vec()
            } else {
                values.join(&b", "[..])
            };
            table.raw_set(name.as_str(), lua.create_string(value)?)?;
        }
        if repeats {
            self.repeated.raw_set(&table, all)?;
        }
        table.set_metatable(Some(self.headers_mt.clone()))?;
        Ok(table)
    }
}

fn error(lua: &Lua, error_mt: &Table, fault: &Fault, asked: &Url) -> mlua::Result<Table> {
    let error = lua.create_table()?;
    error.raw_set("type", "HttpError")?;
    error.raw_set("kind", fault.kind.name())?;
    error.raw_set("message", fault.message.as_str())?;
    error.raw_set("url", asked.shown())?;
    error.set_metatable(Some(error_mt.clone()))?;
    Ok(error)
}

fn heed(deadline: &Deadline, fault: &Fault) {
    if fault.kind == Kind::Timeout {
        deadline.heed();
    }
}

/// `answer:json()`.
fn json(lua: &Lua, codec: &Rc<Codec>) -> mlua::Result<mlua::Function> {
    let codec = Rc::clone(codec);
    throw::function(lua, "json", move |lua, answer: Value| {
        let answer = this(&answer, "json")?;
        let body = match answer.raw_get("body")? {
            Value::String(body) => body,
            Value::Function(_) => {
                let message = "the body is a stream; read it and decode it with lambda.json, or \
                               leave stream out";
                return Err(message.to_owned().into());
            }
            other => {
                let got = type_name(&other);
                return Err(format!("the answer's body is a {got} by now, not a string").into());
            }
        };
        match codec.decode(lua, &body.as_bytes()) {
            Ok(value) => Ok((value, None)),
            Err(error @ DecodeError::Syntax { .. }) => {
                let url: LuaString = answer.raw_get("url")?;
                let host = Url::parse(&url.as_bytes());
                let host = host.map_or(String::new(), |url| url.authority().to_owned());
                let message = format!("the answer of {host} is not JSON: {error}");
                Ok((Value::Nil, Some(message)))
            }
            Err(DecodeError::Lua(error)) => Err(error.into()),
        }
    })
}

/// `answer:values(name)`.
fn values(lua: &Lua, repeated: &Table) -> mlua::Result<mlua::Function> {
    let repeated = repeated.clone();
    throw::function(lua, "values", move |lua, args: (Value, Value)| {
        let answer = this(&args.0, "values")?;
        let Value::String(name) = &args.1 else {
            let got = type_name(&args.1);
            let message = format!("bad argument #1 to 'values' (string expected, got {got})");
            return Err(message.into());
        };
        let headers: Table = answer.raw_get("headers")?;
        let name = lua.create_string(name.as_bytes().to_ascii_lowercase())?;
        let list = lua.create_table()?;
        // A copy: the caller may change it.
        if let Some(all) = repeated.raw_get::<Option<Table>>(&headers)?
            && let Some(values) = all.raw_get::<Option<Table>>(&name)?
        {
            for value in values.sequence_values::<Value>() {
                list.raw_push(value?)?;
            }
        } else if let value @ Value::String(_) = headers.raw_get(&name)? {
            list.raw_push(value)?;
        }
        Ok(list)
    })
}

fn this<'a>(answer: &'a Value, method: &str) -> Result<&'a Table, Throw> {
    match answer {
        Value::Table(answer) => Ok(answer),
        _ => Err(format!("call it with a colon: answer:{method}()").into()),
    }
}
