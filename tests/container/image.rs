//! The file system of an image without an engine: what `Dockerfile.build` puts into it at its
//! place, the machine's own `/usr` for the rest, and a root of its own to a process in it.

use std::{
    fs,
    net::{SocketAddr, TcpStream},
    os::unix::fs::symlink,
    path::PathBuf,
    process::Command,
};

use crate::support::{Emulator, Folder, bootstrap, emulator, free_address, is_root, project};

/// What `/bin/sh` may be: Debian's and Amazon Linux's.
pub const SHELLS: [&str; 2] = ["dash", "bash"];

/// Enters the folder `$1` as root directory, with `$2` as `/bin/sh`, and goes to the task root.
///
/// The mounts are of a namespace of their own: nobody else sees them.
const ENTER: &str = r#"
PATH=$PATH:/usr/sbin:/sbin
root=$1 shell=$2
shift 2
for name in dev proc usr; do
  mount --rbind "/$name" "$root/$name"
done
mount --bind "$root/local-bin" "$root/usr/local/bin"
mount --bind "$(command -v "$shell")" "$root/bin/sh"
exec chroot "$root" /usr/bin/env -C /var/task /usr/local/bin/lambda-entry "$@"
"#;

/// An image that is run as often as one likes; gone when dropped.
pub struct Image {
    folder: Folder,
    shell: &'static str,
    invoke: SocketAddr,
    api: SocketAddr,
}

impl Image {
    /// Moonlayer's files, without an emulator.
    pub fn new(shell: &'static str) -> Self {
        let folder = Folder::new();
        folder.file("enter", ENTER);
        for name in [
            "dev",
            "local-bin",
            "proc",
            "tmp",
            "usr",
            "var/runtime",
            "var/task",
        ] {
            fs::create_dir_all(folder.path().join("root").join(name)).expect("a folder inside");
        }
        for name in ["bin", "lib", "lib64"] {
            symlink(format!("usr/{name}"), folder.path().join("root").join(name))
                .expect("a new link");
        }
        folder.program(
            "root/local-bin/lambda-entry",
            &project().join("layer/entry.sh"),
        );
        folder.program("root/var/runtime/bootstrap", &bootstrap());
        Self {
            folder,
            shell,
            invoke: free_address(),
            api: free_address(),
        }
    }

    /// AWS's emulator where AWS's base image has it.
    pub fn with_emulator(self) -> Self {
        self.with_emulator_in("local-bin")
    }

    /// AWS's emulator in another folder of the image. By itself it would listen on every address
    /// of the machine, hence the script before it.
    pub fn with_emulator_in(self, place: &str) -> Self {
        self.folder.program("root/emulator", &emulator());
        let (invoke, api) = (self.invoke, self.api);
        let script = format!(
            "#!/bin/sh\nexec /emulator --runtime-interface-emulator-address {invoke} \
             --runtime-api-address {api} \"$@\"\n"
        );
        fs::create_dir_all(self.root().join(place)).expect("a folder inside");
        self.folder
            .executable(&format!("root/{place}/aws-lambda-rie"), script);
        self
    }

    /// Takes the runtime away.
    pub fn without_runtime(&self) {
        let runtime = self.root().join("var/runtime/bootstrap");
        fs::remove_file(runtime).expect("our own copy");
    }

    /// Puts a file into the task root.
    pub fn task(&self, name: &str, content: &str) {
        self.folder.file(&format!("root/var/task/{name}"), content);
    }

    /// A program that runs the image with `arguments` in CMD's place: for who starts it without
    /// arguments, in Lambda's place.
    pub fn start(&self, arguments: &[&str]) -> String {
        let mut script = "#!/bin/sh\nexec".to_owned();
        let command = self.command(arguments, &[]);
        for word in std::iter::once(command.get_program()).chain(command.get_args()) {
            let word = word.to_str().expect("words of ours").replace('\'', r"'\''");
            script.push_str(&format!(" '{word}'"));
        }
        let path = self.folder.executable("start", script);
        path.display().to_string()
    }

    /// Runs the image, and waits until its emulator takes invocations.
    #[track_caller]
    pub fn run(&self, arguments: &[&str], variables: &[(&str, &str)]) -> Emulator {
        let mut command = self.command(arguments, variables);
        Emulator::spawn(&mut command, self.invoke, self.api)
    }

    /// Whether its emulator listens.
    pub fn listens(&self) -> bool {
        TcpStream::connect(self.invoke).is_ok()
    }

    /// What the image says on stderr, once it has ended with status 1 by itself.
    #[track_caller]
    pub fn fails(&self, arguments: &[&str], variables: &[(&str, &str)]) -> String {
        let mut command = self.command(arguments, variables);
        let output = command.output().expect("unshare is everywhere");
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(1), "{said}");
        assert_eq!(String::from_utf8_lossy(&output.stdout), "");
        said
    }

    fn root(&self) -> PathBuf {
        self.folder.path().join("root")
    }

    /// `docker run` without an engine, with nothing in its environment but `variables`. It wants
    /// mounts, so it is for root, or for who needs no password to be root.
    fn command(&self, arguments: &[&str], variables: &[(&str, &str)]) -> Command {
        let mut command = if is_root() {
            Command::new("unshare")
        } else {
            let mut sudo = Command::new("sudo");
            sudo.args(["-n", "-E", "unshare"]);
            sudo
        };
        command
            .env_clear()
            .env("PATH", "/usr/local/bin:/usr/bin:/bin")
            .envs(variables.iter().copied())
            .args(["--mount", "sh", "-eu"])
            .arg(self.folder.path().join("enter"))
            .arg(self.root())
            .arg(self.shell)
            .args(arguments);
        command
    }
}
