//! Each fault of a provider, on each wire, and what the queue is told to do about it.

use std::time::Duration;

use hafs_proto::task::FailureClass as Class;
use hafs_proto::{Reason, StopReason};
use hafs_tests::scripted::{Fault, LimitStyle, Script, Wire};

use crate::support::{ask, ask_faulty, config, connector, faulty, request, start, teacher};

#[tokio::test]
async fn each_fault_has_its_class_on_every_wire() {
    for (fault, reason, class) in [
        (Fault::ServerError, Reason::ProviderError, Class::Transient),
        (Fault::Overloaded, Reason::ProviderError, Class::RateLimited),
        (Fault::RateLimited(7), Reason::ProviderError, Class::RateLimited),
        (Fault::NoFunds, Reason::ProviderError, Class::RateLimited),
        (Fault::BadKey, Reason::ProviderError, Class::ModelMissing),
        (Fault::TooLong, Reason::ProviderError, Class::Poison),
        (Fault::Cut, Reason::ProviderError, Class::Transient),
        (Fault::Short, Reason::ProviderError, Class::Transient),
        (Fault::Malformed, Reason::ProviderError, Class::Invalid),
        (Fault::Silent, Reason::Timeout, Class::Transient),
        (Fault::Empty, Reason::EmptyReply, Class::Invalid),
        (Fault::Truncated, Reason::Truncated, Class::Invalid),
        (Fault::OtherModel, Reason::ProviderError, Class::Invalid),
        (Fault::Html, Reason::ProviderError, Class::Invalid),
    ] {
        for wire in Wire::ALL {
            let reply = ask_faulty(wire, fault.clone()).await;
            let Err(failure) = reply.outcome else { panic!("{wire:?} {fault:?} went well") };
            assert_eq!((failure.reason, failure.class), (reason, class), "{wire:?} {fault:?}: {failure}");
            assert_eq!(reply.record.error.map(|error| error.reason), Some(reason), "{wire:?} {fault:?}");
        }
    }
}

#[tokio::test]
async fn a_refusal_and_a_filter_are_final_where_the_wire_tells_them_apart() {
    for wire in [Wire::Chat, Wire::Responses, Wire::Messages, Wire::Gemini] {
        for (fault, stops) in [
            (Fault::Refusal, [StopReason::Refusal, StopReason::Filter]),
            (Fault::Filtered, [StopReason::Filter, StopReason::Refusal]),
        ] {
            let reply = ask_faulty(wire, fault.clone()).await;
            let failure = reply.outcome.expect_err("refused");
            assert_eq!(
                (failure.reason, failure.class),
                (Reason::Refused, Class::Refused),
                "{wire:?} {fault:?}"
            );
            assert!(stops.contains(&reply.record.stop), "{wire:?} {fault:?}: {:?}", reply.record.stop);
            assert!(reply.record.usage.reported && reply.record.reply_excerpt.is_some(), "it was paid for");
        }
    }
}

#[tokio::test]
async fn prose_is_a_reply_whose_form_is_the_parsers_affair() {
    for wire in Wire::ALL {
        let reply = ask_faulty(wire, Fault::Prose).await;
        assert!(reply.outcome.is_ok_and(|text| text.starts_with("I would be happy")), "{wire:?}");
    }
}

#[tokio::test]
async fn every_way_of_saying_when_to_come_back_is_understood_on_every_wire() {
    for (style, wait) in [
        (LimitStyle::Seconds, Some(7_000)),
        (LimitStyle::Milliseconds, Some(1_500)),
        (LimitStyle::HttpDate, Some(30_000)),
        (LimitStyle::Rfc3339, Some(30_000)),
        (LimitStyle::Span, Some(360_000)),
        (LimitStyle::RetryInfo, Some(34_500)),
    ] {
        for wire in Wire::ALL {
            // Only Google's errors have details.
            let wait = wait.filter(|_| style != LimitStyle::RetryInfo || wire == Wire::Gemini);
            let failure = ask_faulty(wire, Fault::Limited(style)).await.outcome.expect_err("limited");
            assert_eq!(failure.class, Class::RateLimited, "{wire:?} {style:?}: {failure}");
            assert_eq!(failure.retry_after, wait.map(Duration::from_millis), "{wire:?} {style:?}");
        }
    }
}

#[tokio::test]
async fn an_account_without_funds_is_spared_for_a_quarter_of_an_hour() {
    for wire in Wire::ALL {
        let failure = ask_faulty(wire, Fault::NoFunds).await.outcome.expect_err("no funds");
        assert_eq!(failure.retry_after, Some(Duration::from_secs(900)), "{wire:?}: {failure}");
    }
}

#[tokio::test]
async fn an_error_inside_a_stream_keeps_what_was_said_and_is_paid_for() {
    for wire in Wire::ALL {
        let reply = ask_faulty(wire, Fault::ErrorInStream).await;
        let failure = reply.outcome.expect_err("an error");
        // Ollama's error has no code that would tell an overload from a crash.
        let class = if wire == Wire::Ollama { Class::Transient } else { Class::RateLimited };
        assert_eq!(failure.class, class, "{wire:?}: {failure}");
        assert!(failure.message.contains("Overloaded"), "{wire:?}: {failure}");
        assert!(reply.record.reply_excerpt.is_some(), "{wire:?}: what was said is kept");
        assert!(!reply.record.usage.reported && reply.record.usage.output > 0, "{wire:?}: estimated");
    }
}

#[tokio::test]
async fn silence_in_the_middle_and_a_late_beginning_end_the_call_long_before_its_deadline() {
    for wire in Wire::ALL {
        let failure = ask_faulty(wire, Fault::Silent).await.outcome.expect_err("silence");
        assert!(failure.message.contains("fell silent"), "{wire:?}: {failure}");

        let latency = Duration::from_millis(50);
        let straggler = Script { latency, faults: [(1, vec![Fault::Straggler])].into(), ..Script::default() };
        let server = start(straggler).await;
        let mut config = config(wire, &server);
        config.first_byte_timeout = Some(Duration::from_millis(250));
        let teacher = connector().teacher(&config).expect("a teacher");
        let failure = ask(teacher.as_ref(), &request()).await.outcome.expect_err("late");
        assert_eq!(
            (failure.reason, failure.class),
            (Reason::Timeout, Class::Transient),
            "{wire:?}: {failure}"
        );
        assert!(failure.message.contains("did not begin"), "{wire:?}: {failure}");
        let again = ask(teacher.as_ref(), &request()).await;
        assert!(again.outcome.is_ok(), "{wire:?}: the next try is in time");
    }
}

#[tokio::test]
async fn a_drip_ends_at_the_deadline_and_an_endless_body_at_its_limit() {
    for wire in Wire::ALL {
        let server = faulty(Fault::Drip).await;
        let mut config = config(wire, &server);
        config.idle_timeout = Duration::from_secs(5);
        let mut hurried = request();
        hurried.deadline = Duration::from_millis(1_300);
        let teacher = connector().teacher(&config).expect("a teacher");
        let failure = ask(teacher.as_ref(), &hurried).await.outcome.expect_err("a drip");
        assert!(failure.message.contains("within the deadline"), "{wire:?}: {failure}");

        let failure = ask_faulty(wire, Fault::Endless).await.outcome.expect_err("endless");
        assert_eq!(failure.class, Class::Invalid, "{wire:?}: {failure}");
        assert!(failure.message.contains("longer than"), "{wire:?}: {failure}");
    }
}

#[tokio::test]
async fn a_redirect_to_another_host_is_not_followed_and_costs_no_attempt() {
    let elsewhere = start(Script::default()).await;
    for wire in Wire::ALL {
        let server = faulty(Fault::Redirect(elsewhere.root_url())).await;
        let failure = ask(teacher(wire, &server).as_ref(), &request()).await.outcome.expect_err("a redirect");
        assert_eq!(failure.class, Class::ModelMissing, "{wire:?}: {failure}");
        assert!(failure.message.contains("redirect"), "{wire:?}: {failure}");
    }
    assert_eq!(elsewhere.calls(), 0, "nobody else saw a prompt or a key");
}
