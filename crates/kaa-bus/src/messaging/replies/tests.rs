use bytes::Bytes;

use super::Message;
use super::bench::{Bench, full, notice, reply};
use crate::messaging::take::Taken;

#[test]
fn every_reply_finds_the_call_with_its_correlation_id() {
    let bench = Bench::new();
    let _calls = [bench.call("a", "s"), bench.call("b", "s")];
    bench.replies.deliver(&reply("b"));
    assert_eq!(bench.heard(), [vec![], vec!["reply", "over"]]);
    bench.replies.deliver(&reply("c"));
    bench.replies.deliver(&Message { payload: Bytes::from_static(b"\x01"), ..reply("") });
    assert_eq!(bench.late_answers(), 2);
}

#[test]
fn a_call_is_over_with_its_last_reply() {
    let bench = Bench::new();
    let _calls = [bench.call_for(Taken::Wanted, "a", "s"), bench.call("b", "s")];
    for id in ["a", "b", "a", "b"] {
        bench.replies.deliver(&reply(id));
    }
    assert_eq!(bench.heard(), [vec!["reply", "reply"], vec!["reply", "over"]]);
    assert_eq!(bench.late_answers(), 1);
}

#[test]
fn a_correlation_id_in_use_gets_a_number() {
    let bench = Bench::new();
    let calls = ["a", "a~~1", "a", "a"].map(|id| bench.call(id, "s"));
    let ids = calls.each_ref().map(|(id, _)| &**id);
    assert_eq!(ids, ["a", "a~~1", "a~~2", "a~~3"]);
    for id in ids {
        bench.replies.deliver(&reply(id));
    }
    assert_eq!(bench.heard(), [["reply", "over"]; 4]);
}

#[test]
fn who_stops_waiting_leaves_nothing_behind() {
    let bench = Bench::new();
    for _ in 0..1000 {
        drop(bench.call("a", "s"));
    }
    assert_eq!(bench.replies.waiting(), 0);
    bench.replies.deliver(&reply("a"));
    assert_eq!(bench.late_answers(), 1);
}

#[test]
fn a_correlation_id_is_not_used_again_while_a_reply_to_a_call_that_is_over_may_come() {
    let bench = Bench::new();
    let given_up = bench.call("a", "s");
    drop(given_up);
    let answered = bench.call("b", "s");
    bench.replies.deliver(&reply("b"));
    drop(answered);
    let next = [bench.call("a", "s"), bench.call("b", "s")];
    assert_eq!(next.each_ref().map(|(id, _)| &**id), ["a~~1", "b~~2"]);
    bench.replies.deliver(&reply("a"));
    bench.replies.deliver(&reply("b"));
    assert_eq!((&bench.heard()[2..], bench.late_answers()), (&[vec![], vec![]][..], 2));
}

#[test]
fn who_stops_waiting_after_the_reply_takes_no_other_call_along() {
    let bench = Bench::new();
    let (_, first) = bench.call("a", "s");
    bench.replies.deliver(&reply("a"));
    let (id, _second) = bench.call("a", "s");
    drop(first);
    bench.replies.deliver(&reply(&id));
    assert_eq!(bench.heard(), [["reply", "over"]; 2]);
}

#[test]
fn a_call_that_was_never_sent_leaves_its_correlation_id_to_the_next() {
    let bench = Bench::new();
    let (_, mut unsent) = bench.draft("a", "s");
    assert_eq!(bench.draft("a", "s").0, "a~~1");
    unsent.send(full).unwrap_err();
    assert_eq!(bench.replies.waiting(), 1);
    drop(unsent);
    assert_eq!((bench.replies.waiting(), &*bench.call("a", "s").0), (0, "a"));
}

#[test]
fn every_notice_finds_another_call_to_its_subject_the_youngest_first() {
    let bench = Bench::new();
    let _calls = [("a", "s"), ("b", "s"), ("c", "other")].map(|(id, subject)| bench.call(id, subject));
    bench.replies.deliver(&notice(Some("s")));
    assert_eq!(bench.heard(), [vec![], vec!["nobody", "over"], vec![]]);
    bench.replies.deliver(&notice(Some("s")));
    assert_eq!(bench.heard(), [vec!["nobody", "over"], vec!["nobody", "over"], vec![]]);
    bench.replies.deliver(&notice(Some("s")));
    assert_eq!((&bench.heard()[2], bench.late_answers()), (&vec![], 1));
}

#[test]
fn a_notice_that_does_not_say_what_it_is_about_is_believed_when_there_is_no_doubt() {
    let bench = Bench::new();
    let _first = [bench.call("a", "s"), bench.call("b", "s")];
    bench.replies.deliver(&notice(None));
    assert_eq!(bench.heard(), [vec![], vec!["nobody", "over"]]);
    let _other = bench.call("c", "other");
    bench.replies.deliver(&notice(None));
    assert_eq!(bench.heard(), [vec![], vec!["nobody", "over"], vec![]]);
    assert_eq!(bench.late_answers(), 1);
    // The reply to a later call says that the earlier ones have found somebody.
    let _served = bench.call("d", "other");
    bench.replies.deliver(&reply("d"));
    let _unserved = bench.call("e", "s");
    bench.replies.deliver(&notice(None));
    assert_eq!(bench.heard()[4], ["nobody", "over"]);
    assert!(bench.heard()[0].is_empty() && bench.heard()[2].is_empty());
    bench.replies.deliver(&notice(None));
    assert_eq!(bench.late_answers(), 2);
    // It may be about a call that was given up, until a later one is served.
    drop(bench.call("f", "s"));
    let _other = [bench.call("g", "other"), bench.call("h", "other")];
    bench.replies.deliver(&notice(None));
    assert_eq!(bench.late_answers(), 3);
    bench.replies.deliver(&reply("g"));
    bench.replies.deliver(&notice(None));
    assert_eq!(bench.heard()[6..], [["reply", "over"], ["nobody", "over"]]);
}

#[test]
fn a_close_ends_all_waiting_and_nobody_waits_after_it() {
    let bench = Bench::new();
    let _before = bench.call("a", "s");
    bench.replies.close();
    let _after = bench.call("b", "s");
    assert_eq!(bench.heard(), [["over"], ["over"]]);
    assert_eq!(bench.replies.waiting(), 0);
}

#[test]
fn the_youngest_call_is_the_one_that_was_sent_last_and_not_the_one_that_was_opened_last() {
    let bench = Bench::new();
    let (mut first, mut second) = (bench.draft("a", "s").1, bench.draft("b", "s").1);
    second.send(|| Ok(())).unwrap();
    bench.replies.deliver(&notice(Some("other")));
    first.send(|| Ok(())).unwrap();
    bench.replies.deliver(&notice(Some("s")));
    assert_eq!(bench.heard(), [vec!["nobody", "over"], vec![]]);
}

#[test]
fn a_notice_is_never_about_a_call_that_was_not_sent_yet() {
    for subject in [Some("s"), None] {
        let bench = Bench::new();
        let (_sent, mut unsent) = (bench.call("a", "s"), bench.draft("b", "s").1);
        let notice_in_between = || {
            bench.replies.deliver(&notice(subject));
            full()
        };
        unsent.send(notice_in_between).unwrap_err();
        assert_eq!(bench.heard(), [vec!["nobody", "over"], vec![]]);
        bench.replies.deliver(&notice(subject));
        assert_eq!((&bench.heard()[1], bench.late_answers()), (&vec![], 1));
        unsent.send(|| Ok(())).unwrap();
        bench.replies.deliver(&notice(subject));
        assert_eq!(bench.heard()[1], ["nobody", "over"]);
    }
}

#[test]
fn a_notice_that_comes_before_sending_is_over_is_about_what_was_sent() {
    let bench = Bench::new();
    let (_, mut unserved) = bench.draft("a", "s");
    let notices_at_once = || {
        bench.replies.deliver(&notice(Some("s")));
        bench.replies.deliver(&notice(Some("s")));
        Ok(())
    };
    unserved.send(notices_at_once).unwrap();
    assert_eq!((bench.heard(), bench.late_answers()), (vec![vec!["nobody", "over"]], 1));
}

#[test]
fn a_reply_that_comes_before_sending_is_over_finds_its_call() {
    let bench = Bench::new();
    let (id, mut served) = bench.draft("a", "s");
    let reply_at_once = || {
        bench.replies.deliver(&reply(&id));
        Ok(())
    };
    served.send(reply_at_once).unwrap();
    assert_eq!((bench.heard(), bench.late_answers()), (vec![vec!["reply", "over"]], 0));
}

#[test]
fn on_a_shared_subject_a_message_for_somebody_else_is_neither_taken_nor_counted() {
    let bench = Bench::on_shared_subject();
    let [(id, _served), (_, _unserved)] = [bench.call("a", "s"), bench.call("a", "s")];
    let strangers = [reply("a"), notice(Some("other")), notice(None)];
    for stranger in &strangers {
        assert!(!bench.replies.offer(stranger), "{stranger:?}");
    }
    assert_eq!((bench.heard(), bench.late_answers()), (vec![vec![], vec![]], 0));
    assert!(bench.replies.offer(&reply(&id)));
    assert!(bench.replies.offer(&reply(&id)));
    assert!(bench.replies.offer(&notice(Some("s"))));
    assert!(!bench.replies.offer(&notice(Some("s"))));
    assert_eq!(bench.heard(), [["reply", "over"], ["nobody", "over"]]);
    assert_eq!(bench.late_answers(), 1);
}

#[test]
fn a_notice_about_a_call_that_was_given_up_is_not_taken_for_one_about_a_call_that_is_served() {
    let bench = Bench::new();
    let _at_work = bench.call("a", "s");
    drop(bench.call("b", "s"));
    drop(bench.call("c", "other"));
    bench.replies.deliver(&notice(Some("s")));
    assert_eq!((&bench.heard()[0], bench.late_answers()), (&vec![], 1));
    let _unserved = bench.call("d", "s");
    bench.replies.deliver(&notice(Some("s")));
    assert_eq!((&bench.heard()[0], &*bench.heard()[3]), (&vec![], &["nobody", "over"][..]));
}

#[test]
fn only_the_last_calls_that_were_given_up_are_remembered() {
    let bench = Bench::new();
    let _open = bench.call("a", "s");
    for n in 0..2000 {
        drop(bench.call(&n.to_string(), "s"));
    }
    for _ in 0..1024 {
        bench.replies.deliver(&notice(Some("s")));
    }
    assert_eq!((bench.heard()[0].len(), bench.late_answers()), (0, 1024));
    bench.replies.deliver(&notice(Some("s")));
    assert_eq!(bench.heard()[0], ["nobody", "over"]);
}
