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

#[cfg(test)]
mod tests {
    use super::*;

    fn of(line: &str) -> Trouble {
        let answer = redis::parse_redis_value(format!("-{line}\r\n").as_bytes());
        let error = answer.and_then(redis::Value::extract_error).expect_err("it is an error");
        trouble(&error)
    }

    #[test]
    fn every_refusal_of_a_server_is_told_with_what_helps() {
        let told = [
            ("LOADING Redis is loading the dataset in memory", "loading its data"),
            ("READONLY You can't write against a read only replica.", "address of the primary"),
            ("OOM command not allowed when used memory > 'maxmemory'.", "CONFIG SET maxmemory"),
            ("MISCONF Errors writing to the AOF file", "free space"),
            ("BUSY Redis is busy running a script.", "SCRIPT KILL"),
            ("WRONGTYPE Operation against a key holding the wrong kind of value", "name of its own"),
            ("NOAUTH Authentication required.", "credentials"),
            ("NOPERM this user has no permissions", "credentials"),
            ("MOVED 3999 127.0.0.1:6381", "address of the node"),
            ("CLUSTERDOWN Hash slot not served", "address of the node"),
            ("NOSCRIPT No matching script. Please use EVAL.", "SCRIPT FLUSH"),
            ("ERR something new", "ERR something new"),
        ];
        for (line, part) in told {
            let text = of(line).to_string();
            assert!(text.contains(part), "{line}: {text}");
        }
    }

    #[test]
    fn broken_connections_are_told_apart() {
        use std::io::ErrorKind;
        let of = |kind: ErrorKind| trouble(&RedisError::from(std::io::Error::from(kind)));
        assert_eq!(of(ErrorKind::ConnectionRefused), Trouble::Refused);
        assert_eq!(of(ErrorKind::NotFound), Trouble::Refused);
        assert_eq!(of(ErrorKind::TimedOut), Trouble::Silent);
        assert_eq!(of(ErrorKind::BrokenPipe), Trouble::Dropped);
    }
}
