//! Which loop of a run a `bulk` is that begins: by where it stands in the script, never by
//! how many were begun before it.
//!
//! A resumed script may pass over a loop, and between two passes one may be added, removed
//! or moved. A loop taken for another would have its rows for done, or do them again.

use crate::run::journal::LoopPlace;

/// The loops of a run: those earlier passes knew, and those begun in this one.
#[derive(Debug, Default)]
pub struct Loops {
    known: Vec<Known>,
    /// The highest number of a loop so far.
    last: u64,
    /// Whether they go by their order alone, as in runs of earlier versions.
    are_counted: bool,
    /// Whether the user said that a loop nobody knows again is a new one.
    accepts: bool,
}

#[derive(Debug)]
struct Known {
    number: u64,
    place: LoopPlace,
    is_begun: bool,
}

/// Nobody can tell which loop of the run it is: others are gone from the script.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Unclear;

impl Loops {
    /// The loops that earlier passes knew, and the highest number of one.
    pub fn known(places: Vec<(u64, LoopPlace)>, last: u64, accepts: bool) -> Self {
        let mut known: Vec<Known> = places
            .into_iter()
            .map(|(number, place)| Known {
                number,
                place,
                is_begun: false,
            })
            .collect();
        known.sort_by_key(|known| known.number);
        Self {
            known,
            last,
            are_counted: false,
            accepts,
        }
    }

    /// Loops that go by their order: the version that began the run kept no more of them.
    pub fn counted() -> Self {
        Self {
            are_counted: true,
            ..Self::default()
        }
    }

    /// Whether they go by their order alone.
    pub const fn are_counted(&self) -> bool {
        self.are_counted
    }

    /// The loops that the one which begins there may be, in their order: those of its text
    /// that did not begin in this pass; where one is begun many times, those that were given
    /// the same. None where it is a new one.
    ///
    /// # Errors
    /// Nobody can tell.
    pub fn at(&self, now: &LoopPlace) -> Result<Vec<u64>, Unclear> {
        let text = match self.text_before(now) {
            Err(Unclear) if self.accepts => None,
            text => text?,
        };
        let may_be = |known: &&Known| {
            let place = &known.place;
            let is_there = !known.is_begun && Some(&place.text) == text.as_ref();
            is_there && place.script == now.script && place.fits(now)
        };
        let known = self.known.iter().filter(may_be);
        Ok(known.map(|known| known.number).collect())
    }

    /// Begins the loop of that number; a new one where none is given. Gives its number.
    pub fn begin(&mut self, number: Option<u64>) -> u64 {
        let mut known = self.known.iter_mut();
        let known = number.and_then(|number| known.find(|known| known.number == number));
        if let Some(known) = known {
            known.is_begun = true;
            return known.number;
        }
        self.last += 1;
        self.last
    }

    /// The text by which earlier passes knew a loop; `None` where it is a new one.
    fn text_before(&self, now: &LoopPlace) -> Result<Option<String>, Unclear> {
        if self.are_counted {
            return Ok(None);
        }
        let known = || {
            let known = self.known.iter().map(|known| &known.place);
            known.filter(|place| place.script == now.script)
        };
        if known().any(|place| place.text == now.text) {
            return Ok(Some(now.text.clone()));
        }
        let gone = known().filter(|place| !now.all.contains(&place.text));
        let mut is_unclear = false;
        for before in gone {
            match edited(before, now) {
                Some(after) if after == now.text => return Ok(Some(before.text.clone())),
                Some(_) => {}
                None => is_unclear |= !before.all.contains(&now.text),
            }
        }
        if is_unclear { Err(Unclear) } else { Ok(None) }
    }
}

/// What the text of a loop was changed into: the only new one between the loops before it
/// and those after it.
fn edited<'n>(before: &LoopPlace, now: &'n LoopPlace) -> Option<&'n str> {
    let kept = in_both(&before.all, &now.all);
    let place = before.all.iter().position(|text| *text == before.text)?;
    let behind = kept.partition_point(|(old, _)| *old < place);
    let start = behind.checked_sub(1).map(|at| kept[at]);
    let end = kept.get(behind).copied();
    let (old_start, new_start) = start.map_or((0, 0), |(old, new)| (old + 1, new + 1));
    let (old_end, new_end) = end.unwrap_or((before.all.len(), now.all.len()));
    let not_in = |all: &[String], text: &&String| !all.contains(text);
    let old = before.all[old_start..old_end].iter();
    let mut new = now.all[new_start..new_end].iter();
    let mut new = new.by_ref().filter(|text| not_in(&before.all, text));
    let (only, more) = (new.next()?, new.next());
    let is_only = more.is_none() && old.filter(|text| not_in(&now.all, text)).count() == 1;
    is_only.then_some(only.as_str())
}

/// The places of the loops that stand in the same order in both.
fn in_both(old: &[String], new: &[String]) -> Vec<(usize, usize)> {
    let mut longest = vec![vec![0_usize; new.len() + 1]; old.len() + 1];
    for at in (0..old.len()).rev() {
        for other in (0..new.len()).rev() {
            longest[at][other] = if old[at] == new[other] {
                longest[at + 1][other + 1] + 1
            } else {
                longest[at + 1][other].max(longest[at][other + 1])
            };
        }
    }
    let (mut at, mut other, mut both) = (0, 0, Vec::new());
    while at < old.len() && other < new.len() {
        if old[at] == new[other] {
            both.push((at, other));
            (at, other) = (at + 1, other + 1);
        } else if longest[at + 1][other] >= longest[at][other + 1] {
            at += 1;
        } else {
            other += 1;
        }
    }
    both
}

/// The texts of the loops of a script, those that are the same told apart by their order:
/// one more or less of these changes them all.
pub fn told_apart(texts: &[String]) -> Vec<String> {
    let count = |all: &[String], text: &String| all.iter().filter(|other| *other == text).count();
    let told = |(at, text): (usize, &String)| match count(texts, text) {
        1 => text.clone(),
        of => format!("{text}.{}/{of}", count(&texts[..=at], text)),
    };
    texts.iter().enumerate().map(told).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(text: &str, all: &str) -> LoopPlace {
        LoopPlace {
            script: String::new(),
            text: text.to_owned(),
            all: all.split(' ').map(str::to_owned).collect(),
            given: None,
        }
    }

    fn given(text: &str, all: &str, given: &str) -> LoopPlace {
        LoopPlace {
            given: Some(given.to_owned()),
            ..place(text, all)
        }
    }

    /// The number of the loop that begins there, the first that it may be.
    fn begun(loops: &mut Loops, now: &LoopPlace) -> Result<u64, Unclear> {
        let first = loops.at(now)?.first().copied();
        Ok(loops.begin(first))
    }

    /// The numbers of the loops that begin, after a pass in which those began.
    fn numbers(before: &[LoopPlace], now: &[LoopPlace]) -> Vec<Result<u64, Unclear>> {
        let before = (1..).zip(before.iter().cloned()).collect::<Vec<_>>();
        let last = before.len() as u64;
        let mut loops = Loops::known(before, last, false);
        now.iter().map(|now| begun(&mut loops, now)).collect()
    }

    #[test]
    fn a_loop_is_itself_where_the_one_before_it_is_passed_over() {
        let (a, b) = (place("a", "a b"), place("b", "a b"));
        let both = [a.clone(), b.clone()];
        assert_eq!(numbers(&[], &both), [Ok(1), Ok(2)]);
        assert_eq!(numbers(&both, &both), [Ok(1), Ok(2)]);
        assert_eq!(numbers(&both, std::slice::from_ref(&b)), [Ok(2)]);
        // It was never begun.
        assert_eq!(numbers(&[a], &[b]), [Ok(2)]);
    }

    #[test]
    fn loops_that_were_moved_added_or_removed_are_known_by_their_text() {
        let both = [place("a", "a b"), place("b", "a b")];
        let swapped = [place("b", "b a"), place("a", "b a")];
        assert_eq!(numbers(&both, &swapped), [Ok(2), Ok(1)]);
        let more = [
            place("new", "new a b"),
            place("a", "new a b"),
            place("b", "new a b"),
        ];
        assert_eq!(numbers(&both, &more), [Ok(3), Ok(1), Ok(2)]);
        assert_eq!(numbers(&both, &[place("b", "b")]), [Ok(2)]);
    }

    #[test]
    fn a_loop_that_was_edited_in_its_place_is_the_same() {
        let both = [place("a", "a b"), place("b", "a b")];
        let edited = [place("a2", "a2 b"), place("b", "a2 b")];
        assert_eq!(numbers(&both, &edited), [Ok(1), Ok(2)]);
        // The other was never begun.
        assert_eq!(numbers(&both[..1], &edited), [Ok(1), Ok(2)]);
        let later = [place("a", "a b2"), place("b2", "a b2")];
        assert_eq!(numbers(&both, &later), [Ok(1), Ok(2)]);
        assert_eq!(numbers(&[place("a", "a")], &[place("x", "x")]), [Ok(1)]);
        // Edited while it waits, and one more before it.
        let more = [place("n", "n a b2"), place("b2", "n a b2")];
        assert_eq!(numbers(&both, &more), [Ok(3), Ok(2)]);
    }

    #[test]
    fn a_loop_of_which_nobody_can_tell_which_it_was_is_refused() {
        let both = [place("a", "a b"), place("b", "a b")];
        for (now, all) in [("c", "c d"), ("a2", "b a2"), ("d", "d"), ("c", "b c")] {
            assert_eq!(numbers(&both, &[place(now, all)]), [Err(Unclear)], "{all}");
        }
        let twins = [place("a.1/2", "a.1/2 a.2/2"), place("a.2/2", "a.1/2 a.2/2")];
        assert_eq!(numbers(&twins, &[place("a", "a")]), [Err(Unclear)]);
        let mut loops = Loops::known(vec![(1, both[0].clone())], 1, true);
        assert_eq!(begun(&mut loops, &place("c", "c d")), Ok(2));
    }

    #[test]
    fn of_a_loop_that_is_begun_many_times_each_is_known_by_what_it_is_given() {
        let of = |group: &str| given("a", "a", group);
        let before = ["x", "y", "z"].map(of);
        assert_eq!(
            numbers(&before, &["y", "z", "x"].map(of)),
            [Ok(2), Ok(3), Ok(1)]
        );
        assert_eq!(numbers(&before, &["y", "n"].map(of)), [Ok(2), Ok(4)]);
        let twice = ["x", "x"].map(of);
        assert_eq!(
            numbers(&twice, &["x", "x", "x"].map(of)),
            [Ok(1), Ok(2), Ok(3)]
        );
        // It stands in a loop since, or does not any more.
        assert_eq!(numbers(&[place("a", "a")], &[of("x")]), [Ok(1)]);
    }

    #[test]
    fn loops_of_earlier_versions_go_by_their_order() {
        let mut loops = Loops::counted();
        let now = ["a", "b"].map(|text| place(text, "a b"));
        assert_eq!(now.map(|now| begun(&mut loops, &now)), [Ok(1), Ok(2)]);
    }

    #[test]
    fn loops_of_one_text_are_told_apart_by_their_order() {
        let texts = ["a", "b", "a"].map(str::to_owned);
        assert_eq!(told_apart(&texts), ["a.1/2", "b", "a.2/2"]);
    }
}
