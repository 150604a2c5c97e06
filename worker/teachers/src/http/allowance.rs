//! What a provider says is left of its limits, so that a fleet can slow down before a 429.

use std::time::Duration;

use hafs_proto::TeacherName;
use hafs_proto::quota::{Left, Seen};
use reqwest::header::{DATE, HeaderMap};

use super::retry_after::text;
use super::time_left::time_left;

/// One limit of a provider.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Bucket {
    /// How much it is in all, for each of its windows.
    pub limit: Option<u64>,
    /// What is left of it.
    pub remaining: Option<u64>,
    /// How long until it is full again.
    pub reset: Option<Duration>,
}

/// What a provider said with its last answer. Providers without such headers (Gemini, most local servers) say
/// nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Allowance {
    /// Calls.
    pub requests: Option<Bucket>,
    /// Tokens of both directions together.
    pub tokens: Option<Bucket>,
    /// Prompt tokens, where they are counted apart.
    pub input_tokens: Option<Bucket>,
    /// Generated tokens, where they are counted apart.
    pub output_tokens: Option<Bucket>,
}

impl Allowance {
    /// Reads `anthropic-ratelimit-{requests,tokens,input-tokens,output-tokens}-{limit,remaining,reset}` and
    /// `x-ratelimit-{limit,remaining,reset}-{requests,tokens}`.
    pub(super) fn read(headers: &HeaderMap) -> Self {
        Self {
            requests: bucket(headers, "requests"),
            tokens: bucket(headers, "tokens"),
            input_tokens: bucket(headers, "input-tokens"),
            output_tokens: bucket(headers, "output-tokens"),
        }
    }

    /// The form in which a worker tells its coordinator.
    #[must_use]
    pub fn seen(&self, teacher: &TeacherName) -> Seen {
        let left = |bucket: Option<Bucket>| {
            bucket.map(|Bucket { limit, remaining, reset }| Left {
                limit,
                remaining,
                reset_ms: reset.map(|reset| u64::try_from(reset.as_millis()).unwrap_or(u64::MAX)),
            })
        };
        Seen {
            teacher: teacher.clone(),
            requests: left(self.requests),
            input_tokens: left(self.input_tokens),
            output_tokens: left(self.output_tokens),
            tokens: left(self.tokens),
        }
    }

    /// How long until every limit of which nothing is left is full again.
    pub(super) fn exhausted_for(&self) -> Option<Duration> {
        let buckets = [self.requests, self.tokens, self.input_tokens, self.output_tokens];
        let empty = buckets.into_iter().flatten().filter(|bucket| bucket.remaining == Some(0));
        empty.filter_map(|bucket| bucket.reset).max()
    }

    /// Whether the provider said nothing at all.
    #[must_use]
    pub fn is_silent(&self) -> bool {
        *self == Self::default()
    }
}

fn bucket(headers: &HeaderMap, of: &str) -> Option<Bucket> {
    let said = |what: &str| {
        text(headers, &format!("anthropic-ratelimit-{of}-{what}"))
            .or_else(|| text(headers, &format!("x-ratelimit-{what}-{of}")))
    };
    let count = |what| said(what).and_then(|text| text.parse().ok());
    let bucket = Bucket {
        limit: count("limit"),
        remaining: count("remaining"),
        reset: said("reset").and_then(|reset| time_left(reset, text(headers, DATE.as_str()))),
    };
    (bucket != Bucket::default()).then_some(bucket)
}

#[cfg(test)]
mod tests {
    use super::super::retry_after::headers;
    use super::*;

    #[test]
    fn each_providers_headers_are_read() {
        let anthropic = Allowance::read(&headers(&[
            ("date", "Sun, 06 Nov 1994 08:49:37 GMT"),
            ("anthropic-ratelimit-requests-limit", "50"),
            ("anthropic-ratelimit-requests-remaining", "49"),
            ("anthropic-ratelimit-requests-reset", "1994-11-06T08:49:40Z"),
            ("anthropic-ratelimit-output-tokens-remaining", "7000"),
        ]));
        let reset = Some(Duration::from_secs(3));
        assert_eq!(anthropic.requests, Some(Bucket { limit: Some(50), remaining: Some(49), reset }));
        assert_eq!(anthropic.output_tokens.and_then(|bucket| bucket.remaining), Some(7_000));
        let openai = Allowance::read(&headers(&[
            ("x-ratelimit-limit-tokens", "150000"),
            ("x-ratelimit-remaining-tokens", "149984"),
            ("x-ratelimit-reset-tokens", "6m0s"),
        ]));
        let reset = Some(Duration::from_secs(360));
        let tokens = Bucket { limit: Some(150_000), remaining: Some(149_984), reset };
        assert_eq!(openai, Allowance { tokens: Some(tokens), ..Allowance::default() });
        assert!(Allowance::read(&headers(&[("x-ratelimit-remaining-tokens", "many")])).is_silent());
    }

    #[test]
    fn only_a_limit_that_is_used_up_has_to_be_waited_for() {
        let bucket = |remaining, seconds| {
            let reset = Some(Duration::from_secs(seconds));
            Some(Bucket { limit: Some(9), remaining: Some(remaining), reset })
        };
        let allowance = Allowance {
            requests: bucket(0, 3),
            tokens: bucket(5, 60),
            output_tokens: bucket(0, 7),
            ..Allowance::default()
        };
        assert_eq!(allowance.exhausted_for(), Some(Duration::from_secs(7)));
        assert_eq!(Allowance::default().exhausted_for(), None);
    }
}
