//! What fields, places and methods give that are asked of a value, one step behind another.

use rhai::{ASTFlags, Expr, Position};

use super::Flow;
use crate::script::check::closures::closure;
use crate::script::check::in_place;
use crate::script::check::kinds::Kind;
use crate::script::diagnostic::foreign::JOIN;
use crate::script::finding::Finding;
use crate::script::value::record;

impl Flow<'_> {
    /// A closure that uses the variable at the start of the chain whose method runs it: Rhai
    /// holds the variable, and each use of it fails.
    pub(super) fn captured_receiver(&mut self, chain: &Expr) {
        let (Expr::Dot(parts, ..) | Expr::Index(parts, ..)) = chain else {
            return;
        };
        let Expr::Variable(variable, ..) = &parts.lhs else {
            return;
        };
        let owner = variable.1.as_str();
        for (step, _) in in_place::steps(chain) {
            let Expr::MethodCall(call, position) = step else {
                continue;
            };
            let uses_owner = |arg: &Expr| {
                let closure = closure(arg);
                closure.is_some_and(|closure| closure.captured.iter().any(|name| name == owner))
            };
            if !self.names.defines(&call.name) && call.args.iter().any(uses_owner) {
                self.found.refused.push(Finding {
                    code: "own-variable",
                    position: *position,
                    what: format!(
                        "a closure uses the variable whose method runs it: `{owner}` in `{}`",
                        call.name
                    ),
                    hint: Some(format!(
                        "copy it first, and use the copy in the closure: `let own = {owner};`"
                    )),
                });
            }
        }
    }

    /// Text behind which a name stands as PHP joins them: `"a" . name`.
    pub(super) fn joined_with_a_dot(&mut self, text: &Expr, name: &Expr) {
        let is_text = matches!(
            text,
            Expr::StringConstant(..) | Expr::InterpolatedString(..)
        );
        if let Expr::Property(property, position) = name
            && is_text
            && !matches!(property.2.as_str(), "len" | "is_empty" | "chars" | "bytes")
        {
            self.found.mistakes.push(Finding {
                code: "text-property",
                position: *position,
                what: format!("text has no property `{}`", property.2),
                hint: Some(JOIN.into()),
            });
        }
    }

    /// What a field or a method is asked of.
    pub(super) fn owner(&mut self, expression: &Expr) -> Kind {
        if let Expr::Variable(variable, ..) = expression
            && !self.names.is_changed(&variable.1)
            && let Some(draft) = self.draft(&variable.1)
        {
            return Kind::Draft(draft);
        }
        self.expression(expression)
    }

    /// What a step of a chain gives, and those behind it.
    pub(super) fn follow(
        &mut self,
        owner: &Kind,
        step: &Expr,
        is_index: bool,
        flags: ASTFlags,
    ) -> Kind {
        let rest = match step {
            // What stands in the last brackets is no step of the chain.
            _ if is_index && flags.contains(ASTFlags::BREAK) => None,
            Expr::Dot(rest, flags, _) => Some((&**rest, false, *flags)),
            Expr::Index(rest, flags, _) => Some((&**rest, true, *flags)),
            _ => None,
        };
        let this = rest.as_ref().map_or(step, |(rest, ..)| &rest.lhs);
        let is_asked = flags.contains(ASTFlags::NEGATED);
        let next = if is_index {
            self.index(owner, this, is_asked)
        } else {
            self.member(owner, this, is_asked)
        };
        match rest {
            Some((rest, is_index, flags)) => self.follow(&next, &rest.rhs, is_index, flags),
            None => next,
        }
    }

    fn index(&mut self, owner: &Kind, index: &Expr, is_asked: bool) -> Kind {
        if let Expr::StringConstant(name, position) = index {
            return self.field(owner, name, *position, is_asked);
        }
        let position = index.start_position();
        let index = self.used(index);
        match owner {
            Kind::Draft(map) => {
                if let Kind::Word(word) = index {
                    self.strays.look_up(word, self.drafts.keys(*map), position);
                }
                Kind::Unknown
            }
            Kind::List(item) if !index.is_text() => match &**item {
                Kind::Cell => Kind::Text,
                item => item.clone(),
            },
            Kind::Row { is_text: true } => Kind::Cell,
            text if (text.is_text() || text.is_plain()) && matches!(index, Kind::Number) => {
                Kind::Letter
            }
            _ => Kind::Unknown,
        }
    }

    fn member(&mut self, owner: &Kind, member: &Expr, is_asked: bool) -> Kind {
        match member {
            Expr::Property(property, position) => {
                self.field(owner, &property.2, *position, is_asked)
            }
            Expr::MethodCall(call, position) => self.method(owner, call, *position),
            _ => Kind::Unknown,
        }
    }

    pub(super) fn field(
        &mut self,
        owner: &Kind,
        name: &str,
        position: Position,
        is_asked: bool,
    ) -> Kind {
        if let Kind::Record(action, fields) = owner
            && !is_asked
            && !fields.may_have(action, name)
            && !self.names.is_given(name)
        {
            let (what, hint) = record::missing(action, fields, name, fields.names());
            self.found.mistakes.push(Finding {
                code: "unknown-field",
                position,
                what,
                hint: Some(hint),
            });
        }
        if let Kind::FileRecord(fields, path) = owner
            && !is_asked
            && !fields.has(name)
            && fields.are_known()
            && !self.names.is_given(name)
        {
            let (what, hint) = fields.missing(path, name);
            self.found.mistakes.push(Finding {
                code: "unknown-field",
                position,
                what,
                hint: Some(hint),
            });
        }
        // What the script puts there itself may be anything, and a column that is only asked
        // for with `?.` may not be there.
        let is_asked_of_row = is_asked && matches!(owner, Kind::Row { .. });
        if self.names.is_given(name) || is_asked_of_row {
            return Kind::Unknown;
        }
        if let Kind::Draft(draft) = owner {
            return self.drafts.field(*draft, name);
        }
        self.is_of_write |= matches!(owner, Kind::Record(action, _) if action.is_write());
        match owner.field(name) {
            Kind::Word(_) if self.names.is_touched(name) => Kind::Text,
            kind => kind,
        }
    }
}
