//! Which shard a scheduler's task is, from the environment that the scheduler gives it.
//!
//! Facts: Slurm's job arrays (`SLURM_ARRAY_TASK_…`, from any number), Kubernetes Indexed Jobs
//! (`JOB_COMPLETION_INDEX`, from 0), AWS Batch array jobs (`AWS_BATCH_JOB_ARRAY_…`, from 0)
//! and GNU parallel (`PARALLEL_SEQ`, from 1).

use std::env;

use crate::error::Failure;
use crate::run::bulk::{NoShard, Shard};

/// The word that has the shard's number read from the environment.
const AUTO: &str = "auto";

const SLURM: &str = "SLURM_ARRAY_TASK_ID";
const KUBERNETES: &str = "JOB_COMPLETION_INDEX";
const AWS: &str = "AWS_BATCH_JOB_ARRAY_INDEX";
const PARALLEL: &str = "PARALLEL_SEQ";

/// A variable of the environment.
type Variable<'v> = dyn Fn(&str) -> Option<String> + 'v;

/// The shard of a command line, and whether anybody knows that it is one of all.
#[derive(Clone, Copy, Debug)]
pub struct GivenShard {
    /// Which it is, of how many.
    pub shard: Shard,
    /// Whether a submission alone says how many there are: one of a part of an array says
    /// fewer, and only a run with a name can tell.
    pub is_of_submission: bool,
}

impl GivenShard {
    /// Refuses to begin where nobody knows how many shards there are.
    ///
    /// # Errors
    ///
    /// The number is that of a submission, and no name tells whether it changed.
    pub fn begin(given: Option<Self>, has_name: bool) -> Result<(), Failure> {
        let Some(given) = given.filter(|given| given.is_of_submission && !has_name) else {
            return Ok(());
        };
        let shard = given.shard;
        let what = format!(
            "`--shard auto` is {shard} by `{SLURM}`, but an array that is submitted again in \
             part says fewer tasks; nothing was sent"
        );
        Err(Failure::usage(what).hint(
            "write `--shard auto/N`, or give the run a `--name`, which refuses another number of \
             shards",
        ))
    }
}

/// The shard of a command line: `2/8`, `auto/8`, or `auto` where the scheduler tells how many
/// there are.
///
/// # Errors
///
/// What is missing, or cannot be told, in words.
pub fn shard(text: &str) -> Result<GivenShard, String> {
    let variable = |name: &str| env::var(name).ok().filter(|value| !value.is_empty());
    Ok(GivenShard {
        shard: shard_in(text, &variable)?,
        is_of_submission: text.trim() == AUTO && variable(SLURM).is_some(),
    })
}

fn shard_in(text: &str, variable: &Variable) -> Result<Shard, String> {
    let trimmed = text.trim();
    if trimmed == AUTO {
        return task(variable)?.alone();
    }
    let of = trimmed
        .strip_prefix(AUTO)
        .and_then(|rest| rest.strip_prefix('/'));
    let Some(of) = of else {
        return text.parse().map_err(|error| format!("{error}"));
    };
    let of = of.trim().parse().ok().filter(|of| *of > 0);
    let of = of.ok_or_else(|| format!("`{text}` is not a shard; use `auto/8` or `2/8`"))?;
    let shard = task(variable)?.shard(of)?;
    // There may be too many of them.
    let shard = shard.to_string().parse();
    shard.map_err(|error: NoShard| error.to_string())
}

/// A task of an array, as its scheduler tells it.
struct Task {
    /// The variable that numbers it.
    variable: &'static str,
    number: u64,
    /// The first number and how many follow one another from there, where that is known.
    range: Option<(u64, u64)>,
    /// The number that the first task has where the range is not known.
    first: Option<u64>,
}

/// The task that the environment tells of; two schedulers at once would be two answers.
fn task(variable: &Variable) -> Result<Task, String> {
    let mut set = [SLURM, KUBERNETES, AWS, PARALLEL]
        .into_iter()
        .filter_map(|name| Some((name, variable(name)?)));
    let Some((name, value)) = set.next() else {
        return Err(format!(
            "no scheduler says which shard this is: none of `{SLURM}`, `{KUBERNETES}`, `{AWS}` \
             and `{PARALLEL}` is set; write `I/N`"
        ));
    };
    if let Some((second, _)) = set.next() {
        return Err(format!(
            "`{name}` and `{second}` both say which shard this is; write `I/N`"
        ));
    }
    let count = |name: &str| variable(name).and_then(|value| value.trim().parse().ok());
    let number = value.trim().parse();
    let number = number.map_err(|_| format!("`{name}` is `{value}`, which is not a number"))?;
    let (range, first) = match name {
        SLURM => (slurm_range(&count), None),
        AWS => (
            count("AWS_BATCH_JOB_ARRAY_SIZE").map(|size| (0, size)),
            Some(0),
        ),
        KUBERNETES => (None, Some(0)),
        _ => (None, Some(1)),
    };
    Ok(Task {
        variable: name,
        number,
        range,
        first,
    })
}

/// The first number of a job array and how many there are, if they follow one another.
fn slurm_range(count: &dyn Fn(&str) -> Option<u64>) -> Option<(u64, u64)> {
    let min = count("SLURM_ARRAY_TASK_MIN")?;
    let max = count("SLURM_ARRAY_TASK_MAX")?;
    let tasks = count("SLURM_ARRAY_TASK_COUNT")?;
    (max.checked_sub(min)?.checked_add(1)? == tasks).then_some((min, tasks))
}

/// Whether a job array of so many tasks from this number on may be a part of a longer one.
///
/// Slurm tells of the tasks of a submission: where the third of four is submitted again, of one.
const fn is_part(first: u64, tasks: u64) -> bool {
    first > 1 || tasks == 1
}

impl Task {
    /// The shard where only the scheduler says how many there are.
    fn alone(&self) -> Result<Shard, String> {
        let variable = self.variable;
        let Some((first, of)) = self.range else {
            return Err(format!(
                "`{variable}` says which shard this is, but nothing says how many there are; \
                 write `auto/N`"
            ));
        };
        if variable == SLURM && is_part(first, of) {
            let last = first + of - 1;
            return Err(format!(
                "`{variable}` counts from {first} to {last}, which may be a part of an array that was submitted \
                 again; write `auto/N`"
            ));
        }
        self.from(first, of)
    }

    /// The shard of so many.
    fn shard(&self, of: u64) -> Result<Shard, String> {
        match (self.range, self.first) {
            (Some((first, tasks)), _) if tasks == of => self.from(first, of),
            (Some((_, tasks)), Some(_)) => Err(format!(
                "`auto/{of}`: the array of `{}` has {tasks} tasks",
                self.variable
            )),
            (_, Some(first)) => self.from(first, of),
            // Some tasks of an array that was sent again: it may have begun with 0 or with 1.
            (_, None) if self.number == 0 => self.from(0, of),
            (_, None) if self.number == of => self.from(1, of),
            (_, None) => Err(format!(
                "`{name}` is {number}, which may count from 0 or from 1, since the array is not \
                 {of} tasks in a row; write `I/{of}`",
                name = self.variable,
                number = self.number,
            )),
        }
    }

    fn from(&self, first: u64, of: u64) -> Result<Shard, String> {
        let number = self.number.checked_sub(first).map(|at| at + 1);
        number
            .and_then(|number| Shard::new(number, of))
            .ok_or_else(|| {
                let last = first + of - 1;
                format!(
                    "`{}` is {}, but {of} shards are numbered {first} to {last}",
                    self.variable, self.number
                )
            })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(text: &str, environment: &[(&str, &str)]) -> Result<String, String> {
        let variable = |name: &str| {
            let found = environment.iter().find(|(known, _)| *known == name);
            found.map(|(_, value)| (*value).to_owned())
        };
        shard_in(text, &variable).map(|shard| shard.to_string())
    }

    fn slurm<'v>(id: &'v str, [min, max, count]: [&'v str; 3]) -> Vec<(&'static str, &'v str)> {
        vec![
            (SLURM, id),
            ("SLURM_ARRAY_TASK_MIN", min),
            ("SLURM_ARRAY_TASK_MAX", max),
            ("SLURM_ARRAY_TASK_COUNT", count),
        ]
    }

    #[test]
    fn each_scheduler_counts_from_where_it_does() {
        for (environment, shard) in [
            (vec![(PARALLEL, "1")], "1/4"),
            (vec![(PARALLEL, "4")], "4/4"),
            (vec![(KUBERNETES, "0")], "1/4"),
            (vec![(KUBERNETES, "3")], "4/4"),
            (vec![(AWS, "2"), ("AWS_BATCH_JOB_ARRAY_SIZE", "4")], "3/4"),
            (slurm("0", ["0", "3", "4"]), "1/4"),
            (slurm("4", ["1", "4", "4"]), "4/4"),
            (slurm("12", ["10", "13", "4"]), "3/4"),
        ] {
            assert_eq!(
                told("auto/4", &environment),
                Ok(shard.to_owned()),
                "{environment:?}"
            );
        }
        assert_eq!(told("2/4", &[(PARALLEL, "3")]), Ok("2/4".to_owned()));
    }

    #[test]
    fn how_many_there_are_is_taken_from_a_range_without_gaps_alone() {
        assert_eq!(
            told("auto", &slurm("3", ["1", "4", "4"])),
            Ok("3/4".to_owned())
        );
        let aws = [(AWS, "0"), ("AWS_BATCH_JOB_ARRAY_SIZE", "9")];
        assert_eq!(told("auto", &aws), Ok("1/9".to_owned()));
        for environment in [
            vec![(PARALLEL, "2")],
            vec![(KUBERNETES, "2")],
            slurm("5", ["1", "9", "3"]),
        ] {
            let refused = told("auto", &environment).unwrap_err();
            assert!(refused.contains("write `auto/N`"), "{refused}");
        }
    }

    #[test]
    fn a_part_of_an_array_that_was_submitted_again_is_not_taken_for_the_whole() {
        for part in [
            slurm("3", ["3", "3", "1"]),
            slurm("3", ["3", "4", "2"]),
            slurm("1", ["1", "1", "1"]),
            slurm("0", ["0", "0", "1"]),
        ] {
            let refused = told("auto", &part).unwrap_err();
            assert!(refused.contains("write `auto/N`"), "{part:?}: {refused}");
        }
    }

    #[test]
    fn how_many_a_submission_says_counts_only_for_a_run_with_a_name() {
        let shard = Shard::new(1, 2).unwrap();
        let of = |is_of_submission| {
            Some(GivenShard {
                shard,
                is_of_submission,
            })
        };
        let refused = GivenShard::begin(of(true), false).unwrap_err();
        assert!(
            refused.what.contains("is 1/2 by `SLURM_ARRAY_TASK_ID`"),
            "{}",
            refused.what
        );
        for (given, has_name) in [(of(true), true), (of(false), false), (None, false)] {
            assert!(GivenShard::begin(given, has_name).is_ok());
        }
    }

    #[test]
    fn a_task_that_was_sent_again_alone_is_no_other_shard() {
        let again = told("auto/8", &slurm("3", ["3", "3", "1"])).unwrap_err();
        assert!(again.contains("may count from 0 or from 1"), "{again}");
        assert_eq!(
            told("auto/8", &slurm("8", ["8", "8", "1"])),
            Ok("8/8".to_owned())
        );
        assert_eq!(
            told("auto/8", &slurm("0", ["0", "0", "1"])),
            Ok("1/8".to_owned())
        );
    }

    #[test]
    fn what_cannot_be_told_is_refused_in_words() {
        for (text, environment, says) in [
            ("auto/8", vec![], "no scheduler says"),
            (
                "auto/8",
                vec![(PARALLEL, "1"), (KUBERNETES, "0")],
                "both say",
            ),
            ("auto/8", vec![(PARALLEL, "9")], "are numbered 1 to 8"),
            ("auto/8", vec![(PARALLEL, "0")], "are numbered 1 to 8"),
            ("auto/8", vec![(KUBERNETES, "8")], "are numbered 0 to 7"),
            ("auto/8", vec![(KUBERNETES, "x")], "is not a number"),
            (
                "auto/8",
                vec![(AWS, "0"), ("AWS_BATCH_JOB_ARRAY_SIZE", "9")],
                "has 9 tasks",
            ),
            ("auto/0", vec![(PARALLEL, "1")], "is not a shard"),
            ("auto/", vec![(PARALLEL, "1")], "is not a shard"),
            ("automatic", vec![(PARALLEL, "1")], "is not a shard"),
        ] {
            let refused = told(text, &environment).unwrap_err();
            assert!(refused.contains(says), "{text} {environment:?}: {refused}");
        }
    }
}
