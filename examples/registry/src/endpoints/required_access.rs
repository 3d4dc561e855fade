//! What the path of a request requires, before its body is read.

use tollgate::npm::{Endpoint, OrganizationRequest, RequiredAccess};

use crate::exchange::own_membership;

/// What the path requires. `tollgate` knows this for npm's endpoints.
///
/// Here a person also joins and leaves by the two endpoints that change members. Only the body says whether the request is
/// about the caller, so the caller may be allowed one or the other, and the handler decides which of them is needed.
pub(crate) fn required_access(endpoint: &Endpoint) -> RequiredAccess {
    let required = endpoint.required_access();
    let Endpoint::Organization {
        request: OrganizationRequest::WriteMember | OrganizationRequest::DeleteMember, ..
    } = endpoint
    else {
        return required;
    };
    let mut alternatives = required.access_requests().to_vec();
    alternatives.push(own_membership::access_request());
    RequiredAccess::OneOf(alternatives.into())
}
