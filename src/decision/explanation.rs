//! A decision with every check behind it.

use core::fmt;

use crate::{
    decision::{
        Decision,
        asked::Asked,
        text::{Cure, Request},
    },
    rules::{Check, Comparison, Outcome, Question, Step, all_steps, public_read},
};

/// **A decision with every check behind it**, in the order of D1.
///
/// - The decision is [`authorize`](crate::decision::authorize::authorize)'s; its reason is the first step that failed.
/// - Checks after the first failure are run too, so that everything that stands in the way is seen at once. Those that
///   a public read (V1) made needless are run as well, and change nothing.
/// - As data it allocates nothing; `Display` is the text for a person, serde the same as data for a log.
#[derive(Clone, Copy, Debug)]
pub struct Explanation<'a> {
    decision: Decision<'a>,
    steps: Steps<'a>,
}

/// The checks that there were to run.
#[derive(Clone, Copy, Debug)]
#[expect(clippy::large_enum_variant, reason = "a box would be an allocation")]
enum Steps<'a> {
    /// Of a token with its owner: all of them.
    Bound([Step<'a>; 18]),
    /// Without a token: only V1 applies.
    NoToken([Step<'a>; 1]),
    /// Of a token that nobody knows: none.
    Unknown,
}

impl<'a> Steps<'a> {
    const fn as_slice(&self) -> &[Step<'a>] {
        match self {
            Self::Bound(steps) => steps,
            Self::NoToken(steps) => steps,
            Self::Unknown => &[],
        }
    }
}

impl<'a> Explanation<'a> {
    pub(crate) fn of_bound(question: &Question<'a>, decision: Decision<'a>) -> Self {
        Self { decision, steps: Steps::Bound(all_steps(&question.case())) }
    }

    /// A decision for which no token was looked at.
    pub(crate) fn without_token(decision: Decision<'a>) -> Self {
        let steps = match decision.asked() {
            Asked::NoToken(operation) => Steps::NoToken([public_read(&operation)]),
            Asked::NoAccount { token_given: false, .. } => Steps::NoToken([Step::does_not_apply(Check::PublicRead)]),
            Asked::NoAccount { token_given: true, .. }
            | Asked::Bound(_)
            | Asked::UnknownToken(_)
            | Asked::Early { .. } => Steps::Unknown,
        };
        Self { decision, steps }
    }

    /// The same decision with its challenge answered or not (F6), which is no check.
    #[cfg(feature = "directory")]
    #[must_use]
    pub(crate) fn with_decision(self, decision: Decision<'a>) -> Self {
        Self { decision, ..self }
    }

    /// The decision.
    pub const fn decision(&self) -> &Decision<'a> {
        &self.decision
    }

    /// Each check with its outcome and both sides of its comparison, if it compared anything. Without a token it is V1
    /// alone, and none for a token that nobody knows.
    pub fn steps(&self) -> impl Iterator<Item = (Check, Outcome, Option<&Comparison<'a>>)> {
        self.steps.as_slice().iter().map(|step| (step.check, step.outcome, step.comparison.as_ref()))
    }
}

/// One line for the answer, one for each check.
impl fmt::Display for Explanation<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.decision {
            Decision::Allow(allow) => {
                write!(f, "ALLOW {} ({}, via {}", allow.operation(), allow.action(), allow.allowed_by())?;
                match allow.valid_until() {
                    Some(until) => write!(f, ", valid until {until})")?,
                    None => f.write_str(")")?,
                }
            }
            Decision::Challenge(challenge) => {
                let demanded_by = challenge.demanded_by();
                write!(f, "CHALLENGE {}: the {demanded_by} demands a second factor", challenge.operation())?;
            }
            Decision::Deny(deny) => {
                let asked = Request(deny.asked());
                write!(f, "DENY {asked}: {} ({})", deny.reason(), deny.reason().rule())?;
            }
        }
        write!(f, ", status {}", self.decision.status())?;
        match &self.steps {
            Steps::Bound(_) => {}
            Steps::NoToken(_) => f.write_str("\n  no token was presented: only V1 applies")?,
            Steps::Unknown => f.write_str("\n  no token that anybody knows: no check was run")?,
        }
        let mut ended = false;
        for step in self.steps.as_slice() {
            let mark = match step.outcome {
                Outcome::Passed => "ok",
                Outcome::Failed(_) => "FAILED",
                Outcome::Allows => "ALLOWS",
                Outcome::Challenged(_) => "CHALLENGES",
                Outcome::DoesNotApply => "-",
            };
            write!(f, "\n  {:<2}  {:<23}  {mark:<10}", step.check.rule(), step.check)?;
            match &step.comparison {
                Some(comparison) => write!(f, "  {comparison}")?,
                None => f.write_str("  does not apply")?,
            }
            let ends = !matches!(step.outcome, Outcome::Passed | Outcome::DoesNotApply);
            if ended && ends {
                f.write_str(" (after the decision)")?;
            }
            ended |= ends;
        }
        match &self.decision {
            Decision::Deny(deny) => write!(f, "\n  cure: {}", Cure(deny)),
            Decision::Allow(_) | Decision::Challenge(_) => Ok(()),
        }
    }
}

#[cfg(feature = "serde")]
mod serde_impls {
    use super::{Explanation, Outcome, Step};
    use crate::decision::audit_record::AuditRecord;
    use serde::{Serialize, Serializer, ser::SerializeStruct};

    impl Serialize for Explanation<'_> {
        fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            let mut explanation = serializer.serialize_struct("Explanation", 2)?;
            explanation.serialize_field("decision", &AuditRecord::from(&self.decision))?;
            explanation.serialize_field("checks", self.steps.as_slice())?;
            explanation.end()
        }
    }

    impl Serialize for Step<'_> {
        fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            let mut step = serializer.serialize_struct("Step", 5)?;
            step.serialize_field("check", &self.check)?;
            step.serialize_field("rule", self.check.rule())?;
            let (outcome, reason) = match self.outcome {
                Outcome::Passed => ("passed", None),
                Outcome::Failed(reason) => ("failed", Some(reason)),
                Outcome::Allows => ("settled", None),
                Outcome::Challenged(_) => ("challenged", None),
                Outcome::DoesNotApply => ("does-not-apply", None),
            };
            step.serialize_field("outcome", outcome)?;
            step.serialize_field("reason", &reason)?;
            step.serialize_field("comparison", &self.comparison.map(Text))?;
            step.end()
        }
    }

    struct Text<T>(T);

    impl<T: core::fmt::Display> Serialize for Text<T> {
        fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            serializer.collect_str(&self.0)
        }
    }
}
