//! `lambda.stream`: responses that are sent while the handler makes them. Its user documentation
//! is in `types/lambda/stream.lua`.

mod prelude;

use std::rc::Rc;

use mlua::{
    FromLuaMulti, Function, Lua, LuaString, MultiValue, Table, UserData, UserDataFields, Value,
};

use super::throw::{self, Throw, type_name};
use crate::deadline::Deadline;
use crate::event_loop::{EventLoop, OUTSIDE};
use crate::interpreter::HAS_INTEGERS;
use crate::state::State;
use crate::stream::ResponseStream;

/// Makes `lambda.stream` answer the events of this loop.
///
/// # Errors
/// Only when Lua is out of memory.
pub fn serve(state: &State, event_loop: &Rc<EventLoop>) -> mlua::Result<()> {
    let package: Table = state.lua.globals().raw_get("package")?;
    let preload: Table = package.raw_get("preload")?;
    let server = Server {
        event_loop: Rc::clone(event_loop),
        deadline: Rc::clone(&state.deadline),
    };
    preload.raw_set("lambda.stream", loader(&state.lua, Some(server))?)
}

/// What the functions of one Lua state need of its polling loop.
#[derive(Clone, Debug)]
pub struct Server {
    event_loop: Rc<EventLoop>,
    deadline: Rc<Deadline>,
}

/// The function that makes the module when it is required; without a `server`, its handlers say
/// that they have no event.
///
/// # Errors
/// Only when Lua is out of memory.
pub fn loader(lua: &Lua, server: Option<Server>) -> mlua::Result<Function> {
    lua.create_function(move |lua, ()| {
        let server = server.clone();
        let open = lua.create_function(move |lua, ()| {
            let stream = match &server {
                Some(server) => server.event_loop.stream(),
                None => Err(OUTSIDE),
            };
            match (stream, &server) {
                (
                    Ok(stream),
                    Some(Server {
                        event_loop,
                        deadline,
                    }),
                ) => {
                    let (event_loop, deadline) = (Rc::clone(event_loop), Rc::clone(deadline));
                    let response = lua.create_userdata(Response {
                        stream,
                        event_loop,
                        deadline,
                    })?;
                    Ok((Some(response), None))
                }
                (stream, _) => Ok((None, stream.err())),
            }
        })?;
        let wrapped = lua.create_table()?;
        let weak = lua.create_table()?;
        weak.raw_set("__mode", "k")?;
        wrapped.set_metatable(Some(weak))?;
        lua.set_named_registry_value(WRAPPED, &wrapped)?;
        lua.load(include_str!("../../lua/lambda/stream.lua"))
            .set_name("=lambda.stream")
            .call::<Table>((open, wrapped))
    })
}

/// The user's function, when `function` is what `stream.handler` made of one.
///
/// # Errors
/// Only when Lua is out of memory.
pub fn wrapped(lua: &Lua, function: Function) -> mlua::Result<Function> {
    let known: Option<Table> = lua.named_registry_value(WRAPPED)?;
    let inner = known.map(|known| known.raw_get::<Value>(&function));
    Ok(match inner.transpose()? {
        Some(Value::Function(inner)) => inner,
        _ => function,
    })
}

const WRAPPED: &str = "lambda.stream.wrapped";

/// The object that a stream handler writes to.
struct Response {
    stream: Rc<ResponseStream>,
    event_loop: Rc<EventLoop>,
    deadline: Rc<Deadline>,
}

impl UserData for Response {
    fn add_fields<F: UserDataFields<Self>>(fields: &mut F) {
        fields.add_meta_field("__name", "lambda.stream.Response");
        fields.add_meta_field_with("__index", methods);
    }
}

fn methods(lua: &Lua) -> mlua::Result<Table> {
    let methods = lua.create_table()?;
    let string: Table = lua.globals().raw_get("string")?;
    let format: Function = string.raw_get("format")?;
    let start = method(lua, "start", |_, response, options: Value| {
        response.stream.start(prelude::of(&options)?)
    })?;
    methods.raw_set("start", start)?;
    let content_type = method(lua, "content_type", |_, response, value: Value| {
        let text = prelude::text("content_type: the type", &value)?;
        if !text.contains('/') || !text.is_ascii() {
            return Err(format!(
                "content_type: {text:?} is no content type; one is like application/json"
            ));
        }
        response.stream.content_type(text)
    })?;
    methods.raw_set("content_type", content_type)?;
    let write = method(lua, "write", move |_, response, values: MultiValue| {
        let values = values.into_iter().enumerate();
        let data: Result<_, _> = values
            .map(|(nth, value)| bytes(&format, nth + 1, value))
            .collect();
        let open = |content_type: &str| response.event_loop.upload(content_type);
        let expired = || response.deadline.expired();
        response.stream.write(data?, open, &expired)
    })?;
    methods.raw_set("write", write)?;
    Ok(methods)
}

/// A method that gives the response itself, as Lua's `file:write` gives the file.
fn method<A: FromLuaMulti>(
    lua: &Lua,
    name: &'static str,
    body: impl Fn(&Lua, &Response, A) -> Result<(), String> + 'static,
) -> mlua::Result<Function> {
    throw::function(lua, name, move |lua, mut args: MultiValue| {
        let this = args.pop_front().unwrap_or(Value::Nil);
        let response = match &this {
            Value::UserData(this) => this.borrow::<Response>().ok(),
            _ => None,
        };
        let Some(response) = response else {
            return Err(Throw::Message(format!(
                "bad self to '{name}' (response expected, got {}); call it with a colon, \
                 response:{name}(…)",
                type_name(&this)
            )));
        };
        body(lua, &response, A::from_lua_multi(args, lua)?)?;
        drop(response);
        Ok(this)
    })
}

/// A string as it is; a number as Lua's `io.write` writes it.
fn bytes(format: &Function, nth: usize, value: Value) -> Result<LuaString, String> {
    let text = match value {
        Value::String(text) => Ok(text),
        Value::Integer(_) if HAS_INTEGERS => format.call(("%d", value)),
        Value::Integer(_) | Value::Number(_) => format.call(("%.14g", value)),
        other => {
            return Err(format!(
                "bad argument #{nth} to 'write' (string expected, got {})",
                type_name(&other)
            ));
        }
    };
    text.map_err(|error| throw::plain(&error))
}
