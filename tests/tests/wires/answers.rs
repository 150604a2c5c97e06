//! What is asked on each wire, and what is made of a good answer.

use std::time::Duration;

use hafs_proto::{MicroUsd, StopReason};
use hafs_teachers::{PriceTags, Thinking};
use hafs_tests::scripted::{Fault, MODEL, Script, Wire};
use serde_json::Value;

use crate::support::{ask, config, connector, faulty, key_file, request, start, teacher};

#[tokio::test]
async fn each_wire_carries_the_prompt_the_schema_the_reply_and_its_counts_with_and_without_a_stream() {
    for wire in Wire::ALL {
        for never_streams in [false, true] {
            let server = start(Script { never_streams, ..Script::default() }).await;
            let reply = ask(teacher(wire, &server).as_ref(), &request()).await;
            let text = reply.outcome.unwrap_or_else(|failure| panic!("{wire:?}: {failure}"));
            let object: Value = serde_json::from_str(&text).expect("the object that was asked for");
            assert!(object["output"].as_str().is_some_and(|text| text.len() > 20), "{wire:?}: {text}");

            let asked = server.last().expect("a call");
            assert_eq!(
                asked.texts,
                ["You write questions. Answer in JSON.", "What is a lease, and why does it end?"]
            );
            assert_eq!(asked.schema["required"][0], "output", "{wire:?}");
            assert_eq!(asked.streams, !never_streams, "{wire:?}");

            let record = reply.record;
            let (input, output) = (18, u64::try_from(text.len() / 4).expect("short"));
            assert_eq!((record.usage.input, record.usage.cached_input), (input, input * 2 / 5), "{wire:?}");
            assert_eq!((record.usage.output, record.usage.reported), (output, true), "{wire:?}");
            let tells_reasoning = matches!(wire, Wire::Chat | Wire::Responses | Wire::Gemini);
            assert_eq!(record.usage.reasoning, if tells_reasoning { output / 4 } else { 0 }, "{wire:?}");
            assert_eq!((record.stop, record.served_model.as_deref()), (StopReason::Complete, Some(MODEL)));
        }
    }
}

#[tokio::test]
async fn what_a_provider_says_is_left_of_its_limits_is_remembered() {
    for wire in Wire::ALL {
        let server = start(Script::default()).await;
        let teacher = teacher(wire, &server);
        assert!(teacher.allowance().is_silent(), "{wire:?}: nothing was asked yet");
        assert!(ask(teacher.as_ref(), &request()).await.outcome.is_ok());
        let requests = teacher.allowance().requests;
        match wire {
            Wire::Chat | Wire::Responses | Wire::Messages => {
                let requests = requests.unwrap_or_else(|| panic!("{wire:?} says it"));
                assert_eq!((requests.limit, requests.remaining), (Some(60), Some(59)));
                assert_eq!(requests.reset, Some(Duration::from_secs(360)), "{wire:?}");
            }
            Wire::Gemini | Wire::Ollama => assert_eq!(requests, None),
        }
    }
}

#[tokio::test]
async fn the_key_goes_into_the_header_of_each_wire_and_into_no_message() {
    let folder = tempfile::tempdir().expect("a folder");
    let key = ["an", "invented", "key"].join("-");
    for wire in [Wire::Chat, Wire::Responses, Wire::Messages, Wire::Gemini] {
        let server = start(Script { key: Some(key.clone()), ..Script::default() }).await;
        let mut config = config(wire, &server);
        config.key = Some(key_file(folder.path(), &key));
        let reply = ask(connector().teacher(&config).expect("a teacher").as_ref(), &request()).await;
        assert!(reply.outcome.is_ok(), "{wire:?}: {:?}", reply.outcome);
        config.key = Some(key_file(folder.path(), &[&key, "2"].join("-")));
        let reply = ask(connector().teacher(&config).expect("a teacher").as_ref(), &request()).await;
        let failure = reply.outcome.expect_err("another key");
        assert_eq!(failure.class, hafs_proto::task::FailureClass::ModelMissing, "{wire:?}: {failure}");
        assert!(!failure.message.contains(&key), "{failure}");
    }
}

#[tokio::test]
async fn every_class_of_tokens_is_paid_at_its_own_price() {
    let dollar = |dollars: u64| Some(MicroUsd(dollars * 1_000_000));
    for (wire, cost) in [
        // 18 tokens of the prompt, 7 of them cached; Anthropic says that 5 more were written into the cache.
        (Wire::Responses, 11 * 10 + 7),
        (Wire::Messages, 6 * 10 + 7 + 5 * 20),
        (Wire::Gemini, 11 * 10 + 7),
    ] {
        let server = start(Script::default()).await;
        let mut config = config(wire, &server);
        config.pricing = PriceTags {
            input: dollar(10),
            cached_input: dollar(1),
            cache_write: dollar(20),
            output: dollar(0),
        };
        let reply = ask(connector().teacher(&config).expect("a teacher").as_ref(), &request()).await;
        assert_eq!(reply.record.cost, MicroUsd(cost), "{wire:?}");
    }
}

#[tokio::test]
async fn a_schema_that_is_refused_goes_into_the_prompt_from_then_on() {
    for wire in [Wire::Chat, Wire::Responses, Wire::Messages, Wire::Gemini] {
        let server = faulty(Fault::SchemaRefused).await;
        let teacher = teacher(wire, &server);
        for calls in [2, 3] {
            let reply = ask(teacher.as_ref(), &request()).await;
            assert!(reply.outcome.is_ok(), "{wire:?}: {:?}", reply.outcome);
            assert_eq!(server.calls(), calls, "{wire:?}");
            let asked = server.last().expect("a call");
            assert!(asked.schema.is_null() && asked.texts[0].contains("JSON schema"), "{wire:?}");
        }
    }
}

#[tokio::test]
async fn thinking_can_be_asked_for_on_every_wire() {
    for wire in Wire::ALL {
        let server = start(Script::default()).await;
        let mut config = config(wire, &server);
        config.thinking = Some(Thinking::Low);
        let reply = ask(connector().teacher(&config).expect("a teacher").as_ref(), &request()).await;
        assert!(reply.outcome.is_ok(), "{wire:?}: {:?}", reply.outcome);
    }
}

#[tokio::test]
async fn every_provider_can_be_asked_what_it_has() {
    for wire in Wire::ALL {
        let server = start(Script::default()).await;
        let offer = connector()
            .probe(&config(wire, &server))
            .await
            .unwrap_or_else(|error| panic!("{wire:?}: {error}"));
        assert!(offer.find(MODEL).is_some(), "{wire:?}: {offer:?}");
    }
}
