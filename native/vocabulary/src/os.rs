//! Operating systems.

/// The family of the operating system that a program ran on. It decides how the numbers of an exception are read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Os {
    /// Windows, NT and its predecessors.
    Windows,
    /// macOS.
    MacOs,
    /// iOS; iPadOS, tvOS, watchOS, visionOS and Mac Catalyst as well.
    Ios,
    /// Linux.
    Linux,
    /// Android.
    Android,
    /// Fuchsia.
    Fuchsia,
    /// Solaris.
    Solaris,
    /// PlayStation 3.
    Ps3,
    /// Native Client.
    NaCl,
    /// Another, or not recorded.
    #[default]
    Unknown,
}

impl Os {
    /// The name in reports.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Windows => "Windows NT",
            Self::MacOs => "Mac OS X",
            Self::Ios => "iOS",
            Self::Linux => "Linux",
            Self::Android => "Android",
            Self::Fuchsia => "Fuchsia",
            Self::Solaris => "Solaris",
            Self::Ps3 => "PS3",
            Self::NaCl => "NaCl",
            Self::Unknown => "unknown",
        }
    }

    /// macOS or iOS: exceptions are those of Mach.
    #[must_use]
    pub const fn is_apple(self) -> bool {
        matches!(self, Self::MacOs | Self::Ios)
    }

    /// Linux or Android: exceptions are signals, with Linux' numbers.
    #[must_use]
    pub const fn is_linux(self) -> bool {
        matches!(self, Self::Linux | Self::Android)
    }
}
