//! The extensions that the runtime's process has registered. They are internal ones: no program of
//! their own runs here.
//! <https://docs.aws.amazon.com/lambda/latest/dg/runtimes-extensions-api.html>

use std::sync::Arc;

use uuid::Uuid;

use super::invocation::Invocation;
use super::refusal::Refusal;

/// Every extension of one sandbox, and whether more may come.
#[derive(Debug, Default)]
pub struct Extensions {
    all: Vec<Extension>,
    closed: bool,
}

#[derive(Debug)]
struct Extension {
    name: String,
    id: Uuid,
    /// Whether it is told of invocations.
    invoked: bool,
    /// Whether it asked for an event and has none; the sandbox waits for that.
    waits: bool,
    /// The event that it has not asked for yet.
    event: Option<Arc<Invocation>>,
}

impl Extensions {
    /// Registers an extension for these events, and gives its identifier.
    pub fn register(&mut self, name: &str, events: &[String]) -> Result<Uuid, Refusal> {
        for event in events {
            let cause = match event.as_str() {
                "INVOKE" => continue,
                "SHUTDOWN" => "ShutdownEventNotSupportedForInternalExtension",
                _ => "ErrorInvalidEventType",
            };
            return Err(Refusal::extension(
                "Extension.InvalidEventType",
                format!("{event}: {cause}"),
            ));
        }
        if self.closed {
            return Err(Refusal::extension(
                "Extension.RegistrationClosed",
                "Extension registration closed already",
            ));
        }
        if self.all.len() >= LIMIT {
            return Err(Refusal::extension(
                "Extension.TooManyExtensions",
                format!("Extension limit ({LIMIT}) reached"),
            ));
        }
        if self.all.iter().any(|extension| extension.name == name) {
            return Err(Refusal::extension(
                "Extension.InvalidExtensionState",
                "Extension with this name already registered",
            ));
        }
        let id = Uuid::new_v4();
        self.all.push(Extension {
            name: name.to_owned(),
            id,
            invoked: !events.is_empty(),
            waits: false,
            event: None,
        });
        Ok(id)
    }

    /// The runtime is loaded: nothing registers any more.
    pub fn close(&mut self) {
        self.closed = true;
    }

    /// The extension asks for an event.
    pub fn ask(&mut self, id: Uuid) -> Result<(), Refusal> {
        let Some(extension) = self.find(id) else {
            return Err(Refusal::extension(
                "Extension.UnknownExtensionIdentifier",
                format!("Unknown extension {id}"),
            ));
        };
        if extension.waits {
            return Err(Refusal::extension(
                "Extension.InvalidExtensionState",
                format!(
                    "State transition from Ready to Ready failed for extension {id}. Error: State \
                     transition is not allowed"
                ),
            ));
        }
        extension.waits = true;
        Ok(())
    }

    /// The event of an extension that asked for one.
    pub fn take_event(&mut self, id: Uuid) -> Option<Arc<Invocation>> {
        self.find(id)?.event.take()
    }

    /// There is an event for those that are told of events.
    pub fn offer(&mut self, invocation: &Arc<Invocation>) {
        for extension in self.all.iter_mut().filter(|extension| extension.invoked) {
            extension.waits = false;
            extension.event = Some(Arc::clone(invocation));
        }
    }

    /// The names of those that the sandbox waits for.
    pub fn busy(&self) -> impl Iterator<Item = &str> {
        let busy = self.all.iter().filter(|extension| !extension.waits);
        busy.map(|extension| extension.name.as_str())
    }

    /// Whether none has registered.
    pub fn is_empty(&self) -> bool {
        self.all.is_empty()
    }

    fn find(&mut self, id: Uuid) -> Option<&mut Extension> {
        self.all.iter_mut().find(|extension| extension.id == id)
    }
}

/// How many may register.
const LIMIT: usize = 10;
