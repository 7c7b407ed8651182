//! The names of the layers: an interpreter and a processor each.

use std::fmt;

use super::build::Arch;

/// One of the layers that Moonlayer has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LayerName {
    /// The Lua that it holds, as the layer's name begins.
    pub interpreter: &'static str,
    /// The processor of its functions.
    pub arch: Arch,
}

/// The interpreters that layers hold.
pub const INTERPRETERS: [&str; 2] = ["lua-54", "luajit-21"];
/// The processors that layers are for.
pub const ARCHITECTURES: [Arch; 2] = [Arch::X86_64, Arch::Arm64];

impl LayerName {
    /// Every layer there is.
    pub fn all() -> impl Iterator<Item = Self> {
        INTERPRETERS.into_iter().flat_map(|interpreter| {
            ARCHITECTURES
                .into_iter()
                .map(move |arch| Self { interpreter, arch })
        })
    }

    /// The layer of that name, where it is one of ours.
    pub fn parse(name: &str) -> Option<Self> {
        Self::all().find(|layer| layer.to_string() == name)
    }

    /// The layer of the same Lua for functions on `arch`.
    pub fn on(self, arch: Arch) -> Self {
        Self { arch, ..self }
    }
}

impl fmt::Display for LayerName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.interpreter, self.arch)
    }
}

#[cfg(test)]
mod tests {
    use super::LayerName;

    #[test]
    fn the_four_layers_have_the_names_that_people_type() {
        let names: Vec<_> = LayerName::all().map(|layer| layer.to_string()).collect();
        let expected = [
            "lua-54-x86_64",
            "lua-54-arm64",
            "luajit-21-x86_64",
            "luajit-21-arm64",
        ];
        assert_eq!(names, expected);
        for name in names {
            assert_eq!(
                LayerName::parse(&name).map(|layer| layer.to_string()),
                Some(name)
            );
        }
        assert_eq!(LayerName::parse("lua-54"), None);
    }
}
