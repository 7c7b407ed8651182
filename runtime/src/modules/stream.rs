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
    let (event_loop, deadline) = (Rc::clone(event_loop), Rc::clone(&state.deadline));
    let open = state.lua.create_function(move |lua, ()| {
        let stream = match event_loop.stream() {
            Ok(stream) => stream,
            Err(why) => return Ok((None, Some(why))),
        };
        let response = lua.create_userdata(Response {
            stream,
            event_loop: Rc::clone(&event_loop),
            deadline: Rc::clone(&deadline),
        })?;
        Ok((Some(response), None))
    })?;
    state.lua.set_named_registry_value(OPEN, open)
}

/// The function that gives the response of the running invocation, or nil and why there is none.
///
/// # Errors
/// Only when Lua is out of memory.
pub fn open(lua: &Lua) -> mlua::Result<Value> {
    let served: Value = lua.named_registry_value(OPEN)?;
    if !served.is_nil() {
        return Ok(served);
    }
    let none = lua.create_function(|_, ()| Ok((Value::Nil, OUTSIDE)))?;
    Ok(Value::Function(none))
}

const OPEN: &str = "moonlayer.stream.open";

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
