//! What it takes to be allowed: one proof of every check. An allow is made of these and of nothing else.

use super::{
    AddressAllowed, Case, CreationCovered, KindHasAction, NewNameValid, NotExpired, NotRevoked, OrganizationExists,
    OrganizationSelected, Outcome, OwnAccount, OwnerActive, OwnerRight, OwnerRole, PackageExists, PackageSelected,
    PermissionForAction, PermissionForResource, Proof, PublicRead, SecondFactorSettled, Stop, prove, prove_settled,
    public_read,
};
use crate::operation::{Operation, Presented};

/// What a case without a failure came through.
pub(crate) enum Passed {
    ByPublicRead(PublicProofs),
    ByGrant(AllButFactor),
}

#[inline(always)]
pub(crate) fn all_but_factor(case: &Case<'_, '_>, token: TokenProofs) -> Result<Passed, Stop> {
    let kind_has_action = prove::<KindHasAction, _>(case)?;
    let permission_for_action = prove::<PermissionForAction, _>(case)?;
    let organization_exists = prove::<OrganizationExists, _>(case)?;
    let package_exists = prove::<PackageExists, _>(case)?;
    if let Some(public_read) = prove_settled::<PublicRead, _>(case) {
        return Ok(Passed::ByPublicRead(PublicProofs {
            token,
            kind_has_action,
            permission_for_action,
            organization_exists,
            package_exists,
            public_read,
        }));
    }
    Ok(Passed::ByGrant(AllButFactor {
        token,
        kind_has_action,
        permission_for_action,
        organization_exists,
        package_exists,
        permission_for_resource: prove(case)?,
        organization_selected: prove(case)?,
        package_selected: prove(case)?,
        creation_covered: prove(case)?,
        owner_role: prove(case)?,
        owner_right: prove(case)?,
        own_account: prove(case)?,
        new_name_valid: prove(case)?,
    }))
}

/// T holds.
#[derive(Clone, Copy, Debug)]
#[expect(dead_code, reason = "to have the proofs is all there is to do with them")]
pub(crate) struct TokenProofs {
    not_revoked: Proof<NotRevoked>,
    not_expired: Proof<NotExpired>,
    address_allowed: Proof<AddressAllowed>,
    owner_active: Proof<OwnerActive>,
}

impl TokenProofs {
    #[inline(always)]
    pub(crate) fn check(presented: &Presented<'_>) -> Result<Self, Stop> {
        Ok(Self {
            not_revoked: prove(presented)?,
            not_expired: prove(presented)?,
            address_allowed: prove(presented)?,
            owner_active: prove(presented)?,
        })
    }
}

/// T, K, G and C hold.
#[derive(Clone, Copy, Debug)]
#[expect(dead_code, reason = "to have the proofs is all there is to do with them")]
pub(crate) struct AllButFactor {
    token: TokenProofs,
    kind_has_action: Proof<KindHasAction>,
    permission_for_action: Proof<PermissionForAction>,
    organization_exists: Proof<OrganizationExists>,
    package_exists: Proof<PackageExists>,
    permission_for_resource: Proof<PermissionForResource>,
    organization_selected: Proof<OrganizationSelected>,
    package_selected: Proof<PackageSelected>,
    creation_covered: Proof<CreationCovered>,
    owner_role: Proof<OwnerRole>,
    owner_right: Proof<OwnerRight>,
    own_account: Proof<OwnAccount>,
    new_name_valid: Proof<NewNameValid>,
}

/// Everything holds.
#[derive(Clone, Copy, Debug)]
#[expect(dead_code, reason = "to have the proofs is all there is to do with them")]
pub(crate) struct AllProofs {
    pub(crate) rest: AllButFactor,
    pub(crate) factor: Proof<SecondFactorSettled>,
}

/// T holds, and V1 allows.
#[derive(Clone, Copy, Debug)]
#[expect(dead_code, reason = "to have the proofs is all there is to do with them")]
pub(crate) struct PublicProofs {
    token: TokenProofs,
    kind_has_action: Proof<KindHasAction>,
    permission_for_action: Proof<PermissionForAction>,
    organization_exists: Proof<OrganizationExists>,
    package_exists: Proof<PackageExists>,
    public_read: Proof<PublicRead>,
}

/// V1 allows without a token.
#[derive(Clone, Copy, Debug)]
pub(crate) struct AnonymousProof(());

impl AnonymousProof {
    pub(crate) fn check(operation: &Operation<'_>) -> Option<Self> {
        (public_read(operation).outcome == Outcome::Allows).then_some(Self(()))
    }
}
