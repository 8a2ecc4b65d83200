//! Languages whose exceptions are objects.

/// The language or run-time that an exception object belongs to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Language {
    /// .NET.
    Clr,
    /// Java and Kotlin.
    Jvm,
    /// JavaScript.
    JavaScript,
    /// Python.
    Python,
    /// Dart and Flutter.
    Dart,
    /// Objective-C.
    ObjectiveC,
    /// C++.
    Cpp,
    /// A language that is not known or not listed here, as custom platforms report.
    #[default]
    Unknown,
}

impl Language {
    /// Whether its exceptions have a stack and a type of their own, which a name is made from. Of an unknown language
    /// only the type is used: its frames are named and blamed as those of the system.
    #[must_use]
    pub const fn is_managed(self) -> bool {
        !matches!(self, Self::ObjectiveC | Self::Cpp | Self::Unknown)
    }

    /// `c++`, `objective-c`, `clr`, `jvm`, `javascript`, `python`, `dart`, `other`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Cpp => "c++",
            Self::ObjectiveC => "objective-c",
            Self::Clr => "clr",
            Self::Jvm => "jvm",
            Self::JavaScript => "javascript",
            Self::Python => "python",
            Self::Dart => "dart",
            Self::Unknown => "other",
        }
    }
}
