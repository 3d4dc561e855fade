//! The questions that every peer decides, and their facts.

use tollgate::Reason;

/// A question: one that is allowed, or one that is denied because one fact differs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Question {
    Allow,
    Expired,
    Address,
    Permission,
    NotSelected,
    NotMaintainer,
}

impl Question {
    pub const ALL: [Self; 6] =
        [Self::Allow, Self::Expired, Self::Address, Self::Permission, Self::NotSelected, Self::NotMaintainer];

    /// Returns the title of the column in the table.
    pub const fn title(self) -> &'static str {
        match self {
            Self::Allow => "allow",
            Self::Expired => "expired",
            Self::Address => "address",
            Self::Permission => "read-only",
            Self::NotSelected => "not selected",
            Self::NotMaintainer => "not a maintainer",
        }
    }

    /// Returns the right answer.
    pub const fn expected(self) -> Verdict {
        match self {
            Self::Allow => Verdict::Allow,
            Self::Expired => Verdict::Deny(Some(Reason::TokenExpired)),
            Self::Address => Verdict::Deny(Some(Reason::IpNotAllowed)),
            Self::Permission => Verdict::Deny(Some(Reason::PermissionTooLow)),
            Self::NotSelected => Verdict::Deny(Some(Reason::NotSelected)),
            Self::NotMaintainer => Verdict::Deny(Some(Reason::OwnerLacksPermission)),
        }
    }
}

/// The answer to a question. Only tollgate gives a reason for a denial.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    Allow,
    Challenge,
    Deny(Option<Reason>),
}

impl Verdict {
    pub const fn allow_if(allowed: bool) -> Self {
        if allowed { Self::Allow } else { Self::Deny(None) }
    }

    /// Returns `true` if this is the expected answer. A reason is compared only if there is one.
    pub fn is(self, expected: Self) -> bool {
        match (self, expected) {
            (Self::Deny(None), Self::Deny(_)) => true,
            _ => self == expected,
        }
    }
}

/// A point in time, as text and in seconds since 1970. Each engine uses the form that suits it.
#[derive(Clone, Copy, Debug)]
pub struct Time {
    pub text: &'static str,
    pub seconds: i64,
}

const NOW: Time = Time { text: "2025-11-01T00:00:00Z", seconds: 1_761_955_200 };
const EXPIRES: Time = Time { text: "2026-01-01T00:00:00Z", seconds: 1_767_225_600 };
const PAST_EXPIRY: Time = Time { text: "2026-02-01T00:00:00Z", seconds: 1_769_904_000 };

/// The facts of one question.
#[derive(Clone, Debug)]
pub struct Facts {
    // The facts about the token.
    pub owner: &'static str,
    pub packages: Vec<String>,
    /// The selected scopes. The last one is that of the package.
    pub scopes: Vec<String>,
    /// The allowed ranges. The client is in the third one.
    pub ranges: [&'static str; 4],
    pub expires: Time,
    pub read_write: bool,
    // The facts about the package.
    pub package: &'static str,
    pub scope: &'static str,
    pub maintainer: &'static str,
    // The request, which is to publish.
    pub client_ip: &'static str,
    pub now: Time,
}

/// The numbers of entries on the token that are measured.
pub const ENTRIES: [usize; 2] = [50, 1];

impl Facts {
    /// Returns the facts of a question, with this many entries on the token: half packages and half scopes. A single
    /// entry is a scope.
    pub fn of(question: Question, entries: usize) -> Self {
        let packages = entries / 2;
        let scopes = entries - packages;
        let allowed = Self {
            owner: "alice",
            packages: (0..packages).map(|n| format!("package{n}")).collect(),
            scopes: (25 - scopes..25).map(|n| format!("@scope{n}")).collect(),
            ranges: ["10.0.0.0/8", "192.0.2.0/24", "2001:db8::/32", "198.51.100.0/24"],
            expires: EXPIRES,
            read_write: true,
            package: "@scope24/pkg",
            scope: "@scope24",
            maintainer: "alice",
            client_ip: "2001:db8::7",
            now: NOW,
        };
        match question {
            Question::Allow => allowed,
            Question::Expired => Self { now: PAST_EXPIRY, ..allowed },
            Question::Address => Self { client_ip: "2001:db9::7", ..allowed },
            Question::Permission => Self { read_write: false, ..allowed },
            Question::NotSelected => Self { package: "@scope25/pkg", scope: "@scope25", ..allowed },
            Question::NotMaintainer => Self { maintainer: "bob", ..allowed },
        }
    }
}
