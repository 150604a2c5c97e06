//! `[coordinator]`: the service that holds the library.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use hafs_proto::{Network, SourceName};
use reqwest::Url;
use serde_json::Value as Json;

use super::rules::{Rulebook, Rules};
use super::section::section;
use super::server_url::ServerUrl;
use super::value::Setting;
use super::words::TlsMode;
use crate::telemetry::LogFormat;

section! {
    /// The service that holds the library and hands out tasks.
    Coordinator = "coordinator" {
        /// Address and port that it listens on.
        listen: SocketAddr = "127.0.0.1:7425", Operation;
        /// Where workers reach it, if that is not `listen`: the address of a proxy, or the name of the machine.
        public_url: Option<Url> = null | "https://factory.example:7425/", Operation;
        /// Proxies whose `X-Forwarded-For` is believed: addresses or ranges such as `10.0.0.0/8`.
        trusted_proxies: Vec<Network> = [], Operation;
        /// Encryption: `auto` (plain on a loopback address, TLS on any other), `on` or `off`.
        tls: TlsMode = "auto", Operation;
        /// Certificate, with those between it and its authority, as PEM. Not set: one that is made at the first start.
        tls_cert: Option<PathBuf> = null | "fullchain.pem", Operation;
        /// Private key of the certificate, as PEM.
        tls_key: Option<PathBuf> = null | "privkey.pem", Operation;
        /// Whether `tls = "off"` is allowed on an address that others can reach. Tokens then travel readably.
        insecure_http: bool = false, Operation;
        /// Folder of the library, its backups and the address file.
        data_dir: PathBuf = "{data}", Operation;
        /// Seconds between two verified backups of the library, in `backups` in `data_dir`.
        backup_every_s: Duration = 900, Operation, 1.0 to 2_592_000.0;
        /// Verified backups that are kept, the newest ones; 0: none are made.
        backup_keep: u32 = 3, Operation, 0.0 to 10_000.0;
        /// The database of the library, `postgres://user@host:port/database`, shared by all coordinators. Not set: the file `library.db` in `data_dir`.
        library: Option<ServerUrl> = null | "postgres://factory@db.example:5432/factory", Operation;
        /// File that holds the address of the database, with its password, in place of `library`.
        library_file: Option<PathBuf> = null | "/run/secrets/library", Operation;
        /// The Redis or Valkey server (7.0 or later) of the queue, `redis://host:port`, shared by all coordinators. Not set: in memory, for one coordinator.
        queue: Option<ServerUrl> = null | "redis://queue.example:6379", Operation;
        /// File that holds the address of the queue's server, with its password, in place of `queue`.
        queue_file: Option<PathBuf> = null | "/run/secrets/queue", Operation;
        /// Name of the queue, which tells factories on one server apart: 1 to 64 of a-z, 0-9, `-`, `_`, `.`.
        queue_name: SourceName = "hafs", Operation;
        /// Whether a server is taken for the queue that does not tell whether it evicts or forgets tasks, as some hosted ones.
        queue_accept_unchecked: bool = false, Operation;
        /// Seconds after which a task goes to another worker unless its lease was renewed.
        lease_s: Duration = 90, Operation, 0.1 to 86_400.0;
        /// Seconds between two renewals.
        heartbeat_s: Duration = 20, Operation, 0.02 to 3_600.0;
        /// Connections at once.
        max_connections: u32 = 1024, Operation, 1.0 to 1_000_000.0;
        /// Connections at once from one address.
        max_connections_per_ip: u32 = 256, Operation, 1.0 to 1_000_000.0;
        /// Seconds that the opening of an encrypted connection may take.
        handshake_timeout_s: Duration = 10, Operation, 0.1 to 300.0;
        /// Seconds from the first byte of a request's head to its last. On a new connection they begin when it is opened.
        header_timeout_s: Duration = 10, Operation, 0.1 to 300.0;
        /// Seconds that a connection may be kept without a request.
        keep_alive_timeout_s: Duration = 75, Operation, 0.1 to 3_600.0;
        /// Seconds from the head of a request to the end of its body.
        body_timeout_s: Duration = 30, Operation, 0.1 to 600.0;
        /// Seconds that a peer may read nothing while there is something to read.
        idle_timeout_s: Duration = 60, Operation, 0.1 to 3_600.0;
        /// Seconds that a drain waits for what is under way.
        drain_timeout_s: Duration = 30, Operation, 0.1 to 30.0;
        /// Seconds that a worker's secret is still taken after it was replaced.
        credential_overlap_s: Duration = 600, Operation, 1.0 to 86_400.0;
        /// Days after which a worker's secret is replaced.
        credential_max_age_days: u32 = 90, Operation, 1.0 to 3_650.0;
        /// Logs: `human`, or `json` (one object a line).
        log_format: LogFormat = "human", Operation;
    }
}

impl Rules for Coordinator {
    fn rules(&self, book: &mut Rulebook<'_>) {
        book.demand(
            self.lease_s >= self.heartbeat_s.saturating_mul(3),
            ("lease_s", self.lease_s.show()),
            &["heartbeat_s"],
            (
                format!(
                    "must be at least 3 x `heartbeat_s` (= {})",
                    self.heartbeat_s.saturating_mul(3).show()
                ),
                "with less, two lost heartbeats lose the lease",
            ),
        );
        book.demand(
            self.max_connections_per_ip <= self.max_connections,
            ("max_connections_per_ip", self.max_connections_per_ip.show()),
            &["max_connections"],
            (
                format!("must be at most `max_connections` (= {})", self.max_connections),
                "the rest could never be used",
            ),
        );
        Self::one_place(
            book,
            ("library", self.library.as_ref()),
            ("library_file", self.library_file.as_ref()),
        );
        Self::one_place(book, ("queue", self.queue.as_ref()), ("queue_file", self.queue_file.as_ref()));
        Self::known_scheme(book, ("library", self.library.as_ref()), &["postgres", "postgresql"]);
        Self::known_scheme(book, ("queue", self.queue.as_ref()), &["redis", "redis+unix"]);
        let database = if self.library.is_some() { "library" } else { "library_file" };
        book.demand(
            self.queue.is_some()
                || self.queue_file.is_some()
                || self.library.is_none() && self.library_file.is_none(),
            ("queue", Json::Null),
            &[database, "queue_file"],
            (
                format!("is required beside `{database}`"),
                "coordinators that share a database and not a queue would give out the same tasks",
            ),
        );
        let (absent, given) =
            if self.tls_key.is_some() { ("tls_cert", "tls_key") } else { ("tls_key", "tls_cert") };
        book.demand(
            self.tls_cert.is_some() == self.tls_key.is_some(),
            (absent, Json::Null),
            &[given],
            (
                format!("is required beside `{given}`"),
                "name both files, or neither for a certificate that is made at the first start",
            ),
        );
        book.demand(
            self.tls != TlsMode::Off || self.insecure_http || self.listen.ip().is_loopback(),
            ("tls", self.tls.show()),
            &["listen", "insecure_http"],
            (
                format!("is refused on {}, which others can reach", self.listen),
                "tokens and data would travel readably: leave `tls` out, or set `insecure_http = true` if the network \
                 is trusted",
            ),
        );
    }
}

impl Coordinator {
    fn one_place(
        book: &mut Rulebook<'_>,
        (url, here): (&'static str, Option<&ServerUrl>),
        (file, there): (&'static str, Option<&PathBuf>),
    ) {
        book.demand(
            here.is_none() || there.is_none(),
            (file, there.map_or(Json::Null, Setting::show)),
            &[url],
            (format!("and `{url}` name two addresses that may differ"), "leave one of them out"),
        );
    }

    fn known_scheme(
        book: &mut Rulebook<'_>,
        (key, url): (&'static str, Option<&ServerUrl>),
        schemes: &[&'static str],
    ) {
        let Some(url) = url else { return };
        book.demand(
            schemes.contains(&url.scheme()),
            (key, url.show()),
            &[],
            (
                format!(
                    "must begin with {}",
                    schemes.iter().map(|scheme| format!("`{scheme}://`")).collect::<Vec<_>>().join(" or ")
                ),
                "files and memory are the default: leave the key out for them",
            ),
        );
    }
}
