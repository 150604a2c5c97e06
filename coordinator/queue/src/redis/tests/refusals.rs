//! Servers and settings that are refused when connecting.

use super::{Kind, on_each_server};
use crate::Trouble;
use crate::redis::fixture::refusal;
use crate::redis::{ConnectError, RedisSettings, Unfit};

#[tokio::test]
async fn a_server_that_evicts_or_forgets_is_refused_with_the_command_that_helps() {
    on_each_server(Kind::Plain, async |server| {
        let settings = server.settings();
        server.tell(&["CONFIG", "SET", "maxmemory-policy", "allkeys-lru"]).await;
        let text = refusal(&settings).await.to_string();
        assert!(text.contains("CONFIG SET maxmemory-policy noeviction"), "{text}");
        server.tell(&["CONFIG", "SET", "maxmemory-policy", "noeviction"]).await;
        server.tell(&["CONFIG", "SET", "appendonly", "no"]).await;
        let text = refusal(&settings).await.to_string();
        assert!(text.contains("CONFIG SET appendonly yes"), "{text}");
        server.tell(&["CONFIG", "SET", "save", "3600 1"]).await;
        server.queue().await;
        server.tell(&["REPLICAOF", "127.0.0.1", "1"]).await;
        assert!(matches!(refusal(&settings).await, ConnectError::Unfit { unfit: Unfit::Replica, .. }));
    })
    .await;
}

#[tokio::test]
async fn a_server_whose_settings_are_hidden_must_be_accepted_unchecked() {
    on_each_server(Kind::Plain, async |server| {
        server.tell(&["CONFIG", "SET", "appendonly", "no"]).await;
        server.tell(&["ACL", "SETUSER", "default", "-config"]).await;
        let settings = server.settings();
        let unfit = refusal(&settings).await;
        assert!(matches!(unfit, ConnectError::Unfit { unfit: Unfit::Unchecked { .. }, .. }), "{unfit:?}");
        let accepted = RedisSettings { accept_unchecked: true, ..settings };
        let queue = crate::RedisQueue::connect(&accepted, hafs_domain::retry::RetryPolicy::default()).await;
        assert!(queue.is_ok(), "{queue:?}");
    })
    .await;
}

#[tokio::test]
async fn wrong_credentials_are_told_without_showing_them() {
    on_each_server(Kind::Cluster, async |server| {
        let (right, wrong) = (["ri", "ght"].concat(), ["wro", "ng"].concat());
        server.tell(&["CONFIG", "SET", "requirepass", &right]).await;
        let url = server.url().replace("redis://", &format!("redis://:{wrong}@"));
        let refused = refusal(&RedisSettings { url, ..server.settings() }).await;
        assert!(
            matches!(&refused, ConnectError::Unavailable { trouble: Trouble::Denied(_), .. }),
            "{refused:?}"
        );
        assert!(!format!("{refused} {refused:?}").contains(&wrong));
        let none = refusal(&server.settings()).await;
        assert!(matches!(none, ConnectError::Unavailable { trouble: Trouble::Denied(_), .. }), "{none:?}");
    })
    .await;
}

#[tokio::test]
async fn addresses_and_names_that_cannot_be_are_refused_before_anything_is_sent() {
    let settings = |url: &str, name: &str| RedisSettings {
        url: url.to_owned(),
        name: name.to_owned(),
        library: "library".to_owned(),
        at_least: hafs_proto::Generation(0),
        accept_unchecked: false,
    };
    assert!(matches!(refusal(&settings("localhost", "main")).await, ConnectError::Url { .. }));
    assert!(matches!(refusal(&settings("rediss://localhost", "main")).await, ConnectError::Tls { .. }));
    assert!(matches!(refusal(&settings("redis://localhost", "a}b")).await, ConnectError::Name { .. }));
    let nobody = refusal(&settings("redis+unix:///nowhere/socket", "main")).await;
    assert!(matches!(nobody, ConnectError::Unavailable { trouble: Trouble::Refused, .. }), "{nobody:?}");
    let text = nobody.to_string();
    assert!(text.contains("/nowhere/socket") && text.contains("start the server"), "{text}");
}
