//! The decision about a person who joins or leaves an organization without an act of an owner.

use tollgate::{AccountAction, decision::AccessRequest};

/// What must be allowed before a person accepts an invitation, declines it, or leaves an organization.
///
/// The rules have actions for owners who [add and remove members](tollgate::docs::rules#c5), and none for the person. The
/// person changes only their own account, and no permission of others. Of the
/// [actions on an account](tollgate::docs::rules#actions), this is closest to a change of the profile, which changes
/// neither the password nor the tokens. It needs a session or a legacy publish token, and the second factor of an account that has
/// one. A granular token, a read-only token and an automation token cannot do it, and neither can an account that is
/// suspended or on hold.
pub(crate) const fn access_request() -> AccessRequest {
    AccessRequest::Account { action: AccountAction::ChangeProfile, user: None }
}
