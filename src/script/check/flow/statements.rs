//! Goes through statements: what variables begin as, and what they are given later.

use rhai::{Expr, Position, Stmt, StmtBlock, SwitchCasesCollection};

use super::Flow;
use crate::script::check::cases::{self, Needed};
use crate::script::check::copies;
use crate::script::check::drafts;
use crate::script::check::kinds::Kind;
use crate::script::check::numbers;
use crate::script::check::strays::ERROR_KIND;
use crate::script::finding::Finding;

impl Flow<'_> {
    pub(super) fn statements(&mut self, statements: &[Stmt]) -> Kind {
        let mut last = Kind::Unknown;
        for statement in statements {
            last = self.statement(statement);
        }
        last
    }

    pub(super) fn block(&mut self, block: &StmtBlock) -> Kind {
        let outer = self.scope.len();
        let last = self.statements(block.statements());
        self.scope.truncate(outer);
        last
    }

    pub(super) fn statement(&mut self, statement: &Stmt) -> Kind {
        match statement {
            Stmt::Expr(expression) => return self.expression(expression),
            Stmt::FnCall(call, position) => return self.call(call, *position),
            Stmt::Block(block) => return self.block(block),
            Stmt::Var(parts, ..) => {
                let name = &parts.0.name;
                let kind = match self.function(&parts.1) {
                    Some(function) if !self.names.is_assigned(name) => Kind::Function(function),
                    _ => match self.used(&parts.1) {
                        Kind::Unknown if drafts::is_map(&parts.1) => self.drafts.begin(&parts.1),
                        kind => kind,
                    },
                };
                self.scope.push((parts.0.name.to_string(), kind));
            }
            Stmt::Assignment(parts) => {
                let right = self.used(&parts.1.rhs);
                let left = self.expression(&parts.1.lhs);
                if let Some((_, _, _, operator, ..)) = parts.0.get_op_assignment_info() {
                    self.operator(operator, &left, &right, parts.0.position());
                    if operator == "+=" {
                        self.grows(&parts.1.lhs, &right);
                    }
                } else if let Some(added) = added_to_itself(&parts.1.lhs, &parts.1.rhs) {
                    let added = self.kind_again(added);
                    self.grows(&parts.1.lhs, &added);
                } else if let Expr::Variable(variable, ..) = &parts.1.lhs {
                    self.replaced(&variable.1);
                } else if let Some((owner, name)) = drafts::entry(&parts.1.lhs)
                    && let Some(draft) = self.draft(owner)
                {
                    self.drafts.add(draft, (name, parts.1.rhs.clone()));
                }
            }
            Stmt::If(flow, _) => {
                let _ = self.used(&flow.expr);
                let one = self.block(&flow.body);
                let other = self.block(&flow.branch);
                return one.or(&other);
            }
            Stmt::While(flow, _) | Stmt::Do(flow, ..) => {
                let _ = self.used(&flow.expr);
                let _ = self.block(&flow.body);
                let _ = self.block(&flow.branch);
            }
            Stmt::For(parts, _) => {
                let items = self.used(&parts.2.expr);
                let is_array = !matches!(items, Kind::Rows { .. } | Kind::Walk(_));
                let item = items.item();
                let outer = self.scope.len();
                self.scope.push((parts.0.name.to_string(), item));
                if let Some(counter) = &parts.1 {
                    self.scope.push((counter.name.to_string(), Kind::Number));
                }
                let _ = self.statements(parts.2.body.statements());
                self.scope.truncate(outer);
                let body = parts.2.body.statements();
                let lost = copies::lost(&parts.0.name, &parts.2.expr, is_array, body);
                self.found.refused.extend(lost);
            }
            Stmt::Switch(parts, position) => self.switch(&parts.0, &parts.1, *position),
            Stmt::TryCatch(flow, _) => {
                let _ = self.block(&flow.body);
                let outer = self.scope.len();
                if let Expr::Variable(variable, ..) = &flow.expr {
                    self.scope
                        .push((variable.1.to_string(), Kind::Ours(ERROR_KIND)));
                }
                let _ = self.block(&flow.branch);
                self.scope.truncate(outer);
            }
            Stmt::Return(Some(value), ..) => {
                let kind = self.used(value);
                self.returned = Some(match self.returned.take() {
                    Some(before) => before.or(&kind),
                    None => kind,
                });
            }
            Stmt::Return(None, ..) => self.returned = Some(Kind::Unknown),
            Stmt::BreakLoop(Some(value), ..) => _ = self.used(value),
            Stmt::Import(parts, _) => _ = self.expression(&parts.0),
            _ => {}
        }
        Kind::Unknown
    }

    fn switch(&mut self, subject: &Expr, cases: &SwitchCasesCollection, position: Position) {
        self.is_of_write = false;
        let kind = self.used(subject);
        if self.is_of_write && matches!(subject, Expr::Dot(..) | Expr::Index(..)) {
            self.found.planned.push(Finding {
                code: "planned-switch",
                position,
                what: "this `switch` is on a planned value: it will only be known in a real run"
                    .into(),
                hint: Some("run the script with `--sandbox` to see which case is taken".into()),
            });
        }
        let needed = match kind {
            ref text if text.is_text() || text.is_plain() => Some(Needed::Text),
            ref number if number.is_number() => Some(Needed::Number),
            Kind::Letter => Some(Needed::Letter),
            Kind::Truth => Some(Needed::Truth),
            Kind::Money => Some(Needed::Money),
            Kind::Meant => Some(Needed::Meant),
            Kind::Day => Some(Needed::Day),
            _ => None,
        };
        if let Some(needed) = needed {
            self.found
                .refused
                .extend(cases::unmet(self.text, position, needed));
        }
        if matches!(kind, Kind::Amount) {
            let cases = cases::texts(self.text, position);
            let found = cases
                .iter()
                .find_map(|(case, place)| numbers::of_amount(case, *place));
            self.found.refused.extend(found);
        }
        if let Kind::Word(word) = kind {
            let mark = self.strays.mark();
            for (case, place) in cases::texts(self.text, position) {
                self.strays.compare(word, &[case.into()], place);
            }
            self.strays.settle(mark);
        }
        for case in &cases.expressions {
            let _ = self.expression(&case.lhs);
            let _ = self.expression(&case.rhs);
        }
    }
}

/// What is added in `total = total + row.fee`.
fn added_to_itself<'e>(target: &Expr, value: &'e Expr) -> Option<&'e Expr> {
    let (Expr::Variable(own, ..), Expr::FnCall(call, _)) = (target, value) else {
        return None;
    };
    match &call.args[..] {
        [Expr::Variable(one, ..), added] if call.name == "+" && one.1 == own.1 => Some(added),
        _ => None,
    }
}
