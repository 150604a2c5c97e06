//! Is a server fit for a queue? Asked once, when connecting.

use thiserror::Error;

/// Why a server is not fit for a queue, and what to do.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum Unfit {
    /// Too old.
    #[error("its version is {version}, and 7.0 or later is needed (Redis or Valkey)")]
    TooOld {
        /// What it says of itself.
        version: String,
    },
    /// A replica takes no writes.
    #[error("it is a replica; give the address of the primary")]
    Replica,
    /// It throws keys away when its memory is full.
    #[error(
        "its maxmemory-policy is `{policy}`, so tasks could vanish without a word; run CONFIG SET \
         maxmemory-policy noeviction, then CONFIG REWRITE"
    )]
    Evicts {
        /// The policy.
        policy: String,
    },
    /// It keeps nothing on disk.
    #[error(
        "it keeps nothing on disk, so every restart would empty the queue; run CONFIG SET appendonly yes and \
         CONFIG SET appendfsync everysec, then CONFIG REWRITE"
    )]
    Forgets,
    /// It does not say.
    #[error(
        "it does not let `{setting}` be read; see to it that it is `{wanted}`, then accept the server unchecked \
         in the configuration"
    )]
    Unchecked {
        /// The setting.
        setting: &'static str,
        /// What it must be.
        wanted: &'static str,
    },
}

/// What a server says of itself.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Facts {
    version: Option<String>,
    role: Option<String>,
    policy: Option<String>,
    appends: Option<String>,
    /// `CONFIG GET save`; nothing if CONFIG is forbidden.
    saves: Option<String>,
}

impl Facts {
    /// Reads the answer to INFO, and the `save` setting where it may be read.
    pub(super) fn read(info: &str, saves: Option<String>) -> Self {
        let field = |name| field(info, name);
        Self {
            version: field("valkey_version").or_else(|| field("redis_version")),
            role: field("role"),
            policy: field("maxmemory_policy"),
            appends: field("aof_enabled"),
            saves,
        }
    }

    /// Why the server is not fit, if it is not. What cannot be read passes only with `accept_unchecked`.
    pub(super) fn unfit(&self, accept_unchecked: bool) -> Option<Unfit> {
        let unread = |setting, wanted| (!accept_unchecked).then_some(Unfit::Unchecked { setting, wanted });
        self.too_old()
            .or_else(|| match self.role.as_deref() {
                Some("master") => None,
                Some(_) => Some(Unfit::Replica),
                None => unread("role", "master"),
            })
            .or_else(|| match self.policy.as_deref() {
                Some("noeviction") => None,
                Some(policy) => Some(Unfit::Evicts { policy: policy.to_owned() }),
                None => unread("maxmemory-policy", "noeviction"),
            })
            .or_else(|| match (self.appends.as_deref(), self.saves.as_deref()) {
                (Some("1"), _) => None,
                (_, Some("")) => Some(Unfit::Forgets),
                (_, Some(_)) => None,
                (_, None) => unread("appendonly", "yes"),
            })
    }

    fn too_old(&self) -> Option<Unfit> {
        let version = self.version.clone().unwrap_or_else(|| "unknown".to_owned());
        let major = version.split('.').next().and_then(|major| major.parse::<u32>().ok());
        major.is_none_or(|major| major < 7).then_some(Unfit::TooOld { version })
    }
}

/// A field of an answer to INFO.
pub(super) fn field(info: &str, name: &str) -> Option<String> {
    let value = |line: &str| line.strip_prefix(name)?.strip_prefix(':').map(|value| value.trim().to_owned());
    info.lines().find_map(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str =
        "# Server\r\nredis_version:7.0.15\r\nrole:master\r\nmaxmemory_policy:noeviction\r\naof_enabled:1\r\n";

    fn unfit(info: &str, saves: Option<&str>, accept: bool) -> Option<Unfit> {
        Facts::read(info, saves.map(str::to_owned)).unfit(accept)
    }

    #[test]
    fn a_server_that_could_lose_tasks_silently_is_refused_with_the_command_that_helps() {
        assert_eq!(unfit(GOOD, None, false), None);
        let evicts = GOOD.replace("noeviction", "allkeys-lru");
        assert_eq!(unfit(&evicts, None, true), Some(Unfit::Evicts { policy: "allkeys-lru".into() }));
        let text = Unfit::Evicts { policy: "allkeys-lru".into() }.to_string();
        assert!(text.contains("CONFIG SET maxmemory-policy noeviction"), "{text}");
        let snapshots = GOOD.replace("aof_enabled:1", "aof_enabled:0");
        assert_eq!(unfit(&snapshots, Some("3600 1"), false), None);
        assert_eq!(unfit(&snapshots, Some(""), true), Some(Unfit::Forgets));
        assert_eq!(unfit(&GOOD.replace("master", "slave"), None, true), Some(Unfit::Replica));
    }

    #[test]
    fn versions_are_those_of_redis_or_valkey_from_seven_on() {
        let old = GOOD.replace("7.0.15", "6.2.14");
        assert_eq!(unfit(&old, None, true), Some(Unfit::TooOld { version: "6.2.14".into() }));
        assert_eq!(unfit("", None, true), Some(Unfit::TooOld { version: "unknown".into() }));
        assert_eq!(unfit(&format!("{GOOD}valkey_version:9.1.2\r\n"), None, false), None);
    }

    #[test]
    fn what_a_hosted_server_does_not_tell_passes_only_when_it_is_accepted() {
        let hosted = GOOD.replace("aof_enabled:1\r\n", "");
        assert!(matches!(unfit(&hosted, None, false), Some(Unfit::Unchecked { setting: "appendonly", .. })));
        assert_eq!(unfit(&hosted, None, true), None);
    }
}
