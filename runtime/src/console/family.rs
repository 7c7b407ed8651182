//! The processes that a script started and waits for.

use libc::{SIGKILL, SIGSTOP, pid_t};

use crate::sys;

/// Kills the child process `id` and all that descend from it: what a script runs by `os.execute`
/// would go on without it. What it has left to run by itself is nobody's child any more, and goes on.
pub fn kill(id: pid_t) {
    // Each is stopped before its children are looked for, so that it starts no more of them.
    let mut family = vec![id];
    sys::signal(id, SIGSTOP);
    let mut looked_at = 0;
    while let Some(parent) = family.get(looked_at).copied() {
        looked_at += 1;
        for child in children(parent) {
            if !family.contains(&child) {
                sys::signal(child, SIGSTOP);
                family.push(child);
            }
        }
    }
    for id in family {
        sys::signal(id, SIGKILL);
    }
}

/// The children of the process; none where the system has no `/proc`.
fn children(parent: pid_t) -> Vec<pid_t> {
    let Ok(entries) = std::fs::read_dir("/proc") else {
        return Vec::new();
    };
    let ids = entries.filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok());
    ids.filter(|id: &pid_t| parent_of(*id) == Some(parent))
        .collect()
}

fn parent_of(id: pid_t) -> Option<pid_t> {
    let stat = std::fs::read_to_string(format!("/proc/{id}/stat")).ok()?;
    // Number, name in parentheses, state, parent; the name may hold anything.
    // https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html
    let (_, behind_the_name) = stat.rsplit_once(')')?;
    behind_the_name
        .split_ascii_whitespace()
        .nth(1)?
        .parse()
        .ok()
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn a_process_knows_its_parent_and_a_parent_its_children() {
        let own = std::process::id() as pid_t;
        let parent = std::os::unix::process::parent_id() as pid_t;
        assert_eq!(parent_of(own), Some(parent));
        let mut child = std::process::Command::new("sleep")
            .arg("1000")
            .spawn()
            .unwrap();
        assert!(children(own).contains(&(child.id() as pid_t)));
        kill(child.id() as pid_t);
        assert!(!child.wait().unwrap().success());
    }
}
