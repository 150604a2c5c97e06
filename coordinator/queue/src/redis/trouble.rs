//! What an error of the client or the server means for us.

use redis::RedisError;

use crate::Trouble;

pub(super) fn trouble(error: &RedisError) -> Trouble {
    let detail = || error.detail().map_or_else(|| error.to_string(), str::to_owned);
    if let Some(code) = error.code().filter(|_| !error.is_io_error()) {
        return match code {
            "LOADING" | "MASTERDOWN" => Trouble::Loading,
            "READONLY" => Trouble::ReadOnly,
            "OOM" => Trouble::Full,
            "MISCONF" | "NOREPLICAS" => Trouble::Disk,
            "BUSY" => Trouble::Busy,
            "WRONGTYPE" => Trouble::Foreign(detail()),
            "NOAUTH" | "WRONGPASS" | "NOPERM" => Trouble::Denied(code.to_owned()),
            "MOVED" | "ASK" | "CLUSTERDOWN" | "TRYAGAIN" => Trouble::Elsewhere(code.to_owned()),
            "NOSCRIPT" => {
                Trouble::Other("it forgets scripts at once; does somebody run SCRIPT FLUSH?".to_owned())
            }
            _ => Trouble::Other(format!("{code} {}", detail())),
        };
    }
    if error.kind() == redis::ErrorKind::AuthenticationFailed {
        Trouble::Denied("user or password".to_owned())
    } else if error.is_connection_refusal() {
        Trouble::Refused
    } else if error.is_timeout() {
        Trouble::Silent
    } else if error.is_io_error() {
        Trouble::Dropped
    } else {
        Trouble::Other(detail())
    }
}
