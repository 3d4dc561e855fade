//! The peers: one implementation of the decision for each engine, by hand and in tollgate.

mod biscuit;
mod by_hand;
mod casbin;
mod cedar;
mod gatehouse;
mod oso;
mod regorus;
mod text;
pub mod tollgate;

use crate::{asked::Asked, question::Facts};

/// An implementation of the decision.
pub struct Peer {
    /// The name in the table.
    pub name: &'static str,
    pub kind: Kind,
    /// Prepares a question: parses, compiles, loads and builds everything that can be done before the decision.
    pub prepare: fn(&Facts) -> Box<dyn Asked>,
}

/// The marks that a peer counts for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Tollgate,
    /// The decision by hand with a `HashSet`.
    HashSet,
    /// Regorus or cedar, with addresses in the engine's own type.
    PolicyEngine,
    /// Regorus or cedar, with addresses as text.
    PolicyEngineWithText,
    Other,
}

pub const PEERS: [Peer; 16] = [
    Peer { name: "tollgate", kind: Kind::Tollgate, prepare: tollgate::prepare },
    Peer { name: "by hand, `HashSet`", kind: Kind::HashSet, prepare: by_hand::prepare_sets },
    Peer { name: "by hand, `Vec` scan", kind: Kind::Other, prepare: by_hand::prepare_lists },
    Peer { name: "gatehouse, one policy", kind: Kind::Other, prepare: gatehouse::prepare_one_policy },
    Peer { name: "gatehouse, a veto for each rule", kind: Kind::Other, prepare: gatehouse::prepare_vetoes },
    Peer { name: "regorus, RVM", kind: Kind::PolicyEngine, prepare: regorus::prepare_vm },
    Peer {
        name: "regorus, RVM, addresses as text",
        kind: Kind::PolicyEngineWithText,
        prepare: regorus::prepare_vm_with_text,
    },
    Peer {
        name: "regorus, `Engine`, addresses as text",
        kind: Kind::PolicyEngineWithText,
        prepare: regorus::prepare_engine_with_text,
    },
    Peer { name: "regorus, `Engine`", kind: Kind::PolicyEngine, prepare: regorus::prepare_engine },
    Peer { name: "cedar, one policy for all tokens", kind: Kind::PolicyEngine, prepare: cedar::prepare_generic },
    Peer { name: "cedar, a policy for each token", kind: Kind::PolicyEngine, prepare: cedar::prepare_of_token },
    Peer { name: "biscuit", kind: Kind::Other, prepare: biscuit::prepare },
    Peer { name: "casbin, entries as roles", kind: Kind::Other, prepare: casbin::prepare_roles },
    Peer { name: "casbin, a line for each entry", kind: Kind::Other, prepare: casbin::prepare_lines },
    Peer { name: "oso, rules in Rust", kind: Kind::Other, prepare: oso::prepare_methods },
    Peer { name: "oso, rules in Polar", kind: Kind::Other, prepare: oso::prepare_attributes },
];
