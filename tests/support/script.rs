//! What the Runtime API may be asked, and in which order.

use std::{
    collections::{BTreeSet, VecDeque},
    fmt::Write as _,
};

use super::{
    answer::{Answer, Event},
    message::Request,
};

/// A call that the service would not expect from a sound runtime.
pub type Violation = String;

/// One answer to `/next`.
pub enum Step {
    Event(Event),
    Answer(Answer),
}

/// The script of one run and what has happened of it.
#[derive(Default)]
pub struct Script {
    /// What stands before `/2018-06-01` in every path.
    pub base_path: String,
    /// Whether the process must end by itself, so that no `/next` may find the script empty.
    pub ends: bool,
    /// How many events the process may have at once; 0 and 1 are one.
    pub loops: usize,
    pub steps: VecDeque<Step>,
    pub posts: VecDeque<Answer>,
    /// Other calls that are allowed: method, path below the base path, answer; each once.
    pub extras: Vec<(String, String, Answer)>,

    pub requests: Vec<Request>,
    pub connections: usize,
    /// Calls whose headers have come, and not yet all of their body.
    pub coming: usize,
    pub violations: Vec<Violation>,
    /// The run is over: a call is held for good, or a rule is broken.
    pub over: bool,
    served: usize,
    open: BTreeSet<String>,
    polled: bool,
    init_failed: bool,
}

impl Script {
    /// Finds the answer to a call whose headers are there; a call out of order is a violation.
    pub fn answer(&mut self, method: &str, path: &str) -> Answer {
        let answer = self.find(method, path);
        // Other loops may be busy while one waits for an event that does not come.
        let others_busy = self.loops > 1 && !self.open.is_empty();
        self.over |= answer.holding && !others_busy;
        answer
    }

    /// Notes a violation and ends the run.
    pub fn violate(&mut self, what: Violation) -> Answer {
        // What the process does while it is being ended proves nothing.
        if !self.over {
            self.violations.push(what);
            self.over = true;
        }
        Answer::status(404).closing()
    }

    /// What the script holds that never came to pass.
    pub fn left_over(&self) -> Option<Violation> {
        let mut text = String::new();
        if !self.steps.is_empty() {
            let _ = write!(
                text,
                "{} answers to /next were never asked for; ",
                self.steps.len()
            );
        }
        if !self.posts.is_empty() {
            let _ = write!(
                text,
                "{} answers to posts were never asked for; ",
                self.posts.len()
            );
        }
        for (method, path, _) in &self.extras {
            let _ = write!(text, "{method} {path} was never called; ");
        }
        (!text.is_empty()).then_some(text)
    }

    /// Takes the script out and leaves one that is over.
    pub fn finish(&mut self) -> Self {
        std::mem::replace(
            self,
            Self {
                over: true,
                ..Self::default()
            },
        )
    }

    fn find(&mut self, method: &str, path: &str) -> Answer {
        let Some(below) = path.strip_prefix(&self.base_path).map(str::to_owned) else {
            return self.violate(format!("{path} is not below {}", self.base_path));
        };
        let extra = self
            .extras
            .iter()
            .position(|(m, p, _)| m == method && *p == below);
        if let Some(at) = extra {
            return self.extras.remove(at).2;
        }
        let parts: Vec<_> = below.split('/').collect();
        match (method, &parts[..]) {
            ("GET", ["", "2018-06-01", "runtime", "invocation", "next"]) => self.next(),
            ("POST", ["", "2018-06-01", "runtime", "init", "error"]) => self.init_error(),
            ("POST", ["", "2018-06-01", "runtime", "invocation", id, "response"]) => {
                self.post(id, false)
            }
            ("POST", ["", "2018-06-01", "runtime", "invocation", id, "error"]) => {
                self.post(id, true)
            }
            _ => self.violate(format!("unexpected call {method} {path}")),
        }
    }

    fn next(&mut self) -> Answer {
        self.polled = true;
        if self.init_failed {
            return self.violate("asked for an event after /init/error".into());
        }
        if self.open.len() >= self.loops.max(1) {
            let what = format!(
                "asked for the next event while {:?} has no answer",
                self.open
            );
            return self.violate(what);
        }
        match self.steps.pop_front() {
            Some(Step::Answer(answer)) => answer,
            Some(Step::Event(event)) => {
                self.served += 1;
                let id = event
                    .id
                    .clone()
                    .unwrap_or_else(|| format!("request-{}", self.served));
                if event.is_whole() {
                    self.open.insert(id.clone());
                }
                event.answer(&id)
            }
            None if self.ends => self.violate("asked for another event in place of ending".into()),
            None => Answer::hold(),
        }
    }

    fn post(&mut self, id: &str, error: bool) -> Answer {
        if !self.open.contains(id) {
            let what = format!("posted for {id:?}, which is not open: {:?}", self.open);
            return self.violate(what);
        }
        let answer = self.posts.pop_front().unwrap_or_else(Answer::accepted);
        // Only what got no byte of an answer may be sent again, and an error that was too large.
        let sent_again = answer.bytes.is_empty() || (error && answer.code() == 413);
        if !sent_again {
            self.open.remove(id);
        }
        answer
    }

    fn init_error(&mut self) -> Answer {
        if self.polled {
            return self.violate("/init/error after the first /next".into());
        }
        if self.init_failed {
            return self.violate("/init/error twice".into());
        }
        let answer = self.posts.pop_front().unwrap_or_else(Answer::accepted);
        self.init_failed = answer.is_complete() && answer.code() != 413;
        answer
    }
}
