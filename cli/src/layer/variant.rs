//! Which layer: its interpreter and its processor, under the names that people type.

use std::fmt;

/// The processors that a layer can be built for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Arch {
    /// Intel and AMD, 64 bits; Lambda's default.
    #[value(name = "x86_64")]
    X86_64,
    /// Graviton; built on an arm64 machine, or by a cross compiler.
    #[value(name = "arm64")]
    Arm64,
}

impl Arch {
    /// Every one.
    pub const ALL: [Self; 2] = [Self::X86_64, Self::Arm64];

    /// The name of the target in Rust's words.
    pub fn triple(self) -> &'static str {
        match self {
            Self::Arm64 => "aarch64-unknown-linux-gnu",
            Self::X86_64 => "x86_64-unknown-linux-gnu",
        }
    }

    /// The C compiler that compiles for this processor on another one, as Linux distributions
    /// name it.
    pub fn cross_compiler(self) -> &'static str {
        match self {
            Self::Arm64 => "aarch64-linux-gnu-gcc",
            Self::X86_64 => "x86_64-linux-gnu-gcc",
        }
    }

    /// The name of the platform in Docker's words.
    pub fn platform(self) -> &'static str {
        match self {
            Self::Arm64 => "linux/arm64",
            Self::X86_64 => "linux/amd64",
        }
    }

    /// The machine that the header of an ELF file names.
    pub fn elf_machine(self) -> u16 {
        match self {
            Self::Arm64 => object::elf::EM_AARCH64.0,
            Self::X86_64 => object::elf::EM_X86_64.0,
        }
    }
}

impl fmt::Display for Arch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Arm64 => "arm64",
            Self::X86_64 => "x86_64",
        })
    }
}

/// The interpreters that a layer can hold and a function can have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Interpreter {
    /// PUC-Rio's Lua 5.4.
    #[value(name = "lua-54")]
    Lua54,
    /// LuaJIT 2.1, which speaks Lua 5.1.
    #[value(name = "luajit-21")]
    Luajit21,
}

impl Interpreter {
    /// Every one.
    pub const ALL: [Self; 2] = [Self::Lua54, Self::Luajit21];

    /// The feature of the runtime's crate that links it.
    pub fn feature(self) -> &'static str {
        match self {
            Self::Lua54 => "lua54",
            Self::Luajit21 => "luajit",
        }
    }

    /// Its name for people.
    pub fn title(self) -> &'static str {
        match self {
            Self::Lua54 => "Lua 5.4",
            Self::Luajit21 => "LuaJIT 2.1",
        }
    }

    /// The version of Lua in the names of folders, and for `luarocks --lua-version`.
    pub fn version(self) -> &'static str {
        match self {
            Self::Lua54 => "5.4",
            Self::Luajit21 => "5.1",
        }
    }

    /// Whether it is the one that this program has in itself.
    pub fn is_embedded(self) -> bool {
        match self {
            Self::Lua54 => cfg!(feature = "lua54"),
            Self::Luajit21 => cfg!(feature = "luajit"),
        }
    }
}

impl fmt::Display for Interpreter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Lua54 => "lua-54",
            Self::Luajit21 => "luajit-21",
        })
    }
}

/// One of the layers; written as its name, `lua-54-x86_64`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Variant {
    /// Its interpreter.
    pub interpreter: Interpreter,
    /// Its processor.
    pub arch: Arch,
}

impl Variant {
    /// The layers of these interpreters for these processors.
    pub fn among(interpreters: &[Interpreter], arches: &[Arch]) -> Vec<Self> {
        let mut variants = Vec::new();
        for &interpreter in interpreters {
            for &arch in arches {
                variants.push(Self { interpreter, arch });
            }
        }
        variants
    }

    /// Every layer there is.
    pub fn all() -> Vec<Self> {
        Self::among(&Interpreter::ALL, &Arch::ALL)
    }

    /// The layer of that name, where it is one of ours.
    pub fn parse(name: &str) -> Option<Self> {
        Self::all()
            .into_iter()
            .find(|layer| layer.to_string() == name)
    }

    /// The layer of the same Lua for functions on `arch`.
    pub fn on(self, arch: Arch) -> Self {
        Self { arch, ..self }
    }
}

impl fmt::Display for Variant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.interpreter, self.arch)
    }
}

/// What `--arch` takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Arches {
    /// Intel and AMD
    #[value(name = "x86_64")]
    X86_64,
    /// Graviton
    #[value(name = "arm64")]
    Arm64,
    /// A layer for each
    Both,
}

impl Arches {
    /// Each of them alone.
    pub fn list(self) -> &'static [Arch] {
        match self {
            Self::X86_64 => &[Arch::X86_64],
            Self::Arm64 => &[Arch::Arm64],
            Self::Both => &Arch::ALL,
        }
    }
}

/// What `--interpreter` takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Interpreters {
    /// Lua 5.4
    #[value(name = "lua-54")]
    Lua54,
    /// LuaJIT 2.1
    #[value(name = "luajit-21")]
    Luajit21,
    /// A layer for each
    All,
}

impl Interpreters {
    /// Each of them alone.
    pub fn list(self) -> &'static [Interpreter] {
        match self {
            Self::Lua54 => &[Interpreter::Lua54],
            Self::Luajit21 => &[Interpreter::Luajit21],
            Self::All => &Interpreter::ALL,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Variant;

    #[test]
    fn the_four_layers_have_the_names_that_people_type() {
        let names: Vec<_> = Variant::all().iter().map(Variant::to_string).collect();
        let expected = [
            "lua-54-x86_64",
            "lua-54-arm64",
            "luajit-21-x86_64",
            "luajit-21-arm64",
        ];
        assert_eq!(names, expected);
        for name in names {
            assert_eq!(
                Variant::parse(&name).map(|layer| layer.to_string()),
                Some(name)
            );
        }
        assert_eq!(Variant::parse("lua-54"), None);
    }
}
