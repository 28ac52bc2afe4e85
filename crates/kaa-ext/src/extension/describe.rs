//! What an extension is, before there is a state.

use kaa_protocol::name::{ReplicaId, ServiceInstance};

use super::builder::{BuildError, Builder, checked};
use crate::describe::{Description, Names, Schemas};

impl<S: Send + Sync + 'static> Builder<S> {
    /// What the extension is: its functions, and where each of them is reached. Needs no state.
    ///
    /// # Errors
    ///
    /// [`BuildError`] when a name is none.
    pub fn describe(&self) -> Result<Description, BuildError> {
        let permissions = self.permissions()?;
        let mut problems = Vec::new();
        let communication = checked::<ServiceInstance>(&self.communication_service, &mut problems);
        let Some(communication) = communication else {
            return Err(BuildError::new(self.instance.clone(), problems));
        };
        let (instance, replica) = (permissions.instance().clone(), permissions.replica().clone());
        let is_fixed = permissions.is_fixed();
        let names = Names {
            instance: &instance,
            replica: &replica,
            is_fixed,
            communication: &communication,
            dialects: &self.dialects,
            revision: self.revision,
        };
        let mut schemas = Schemas::default();
        let mut functions: Vec<_> =
            self.resources.iter().map(|resource| names.resource(resource, &mut schemas)).collect();
        for (originator, listener) in &self.listeners {
            let originator = originator.as_ref().and_then(|name| checked(name, &mut problems));
            functions.push(names.listener(listener, originator.as_ref()));
        }
        functions.extend(self.services.iter().map(|service| names.service(service)));
        Ok(Description {
            replica: Some(replica).filter(|_: &ReplicaId| is_fixed),
            instance,
            version: self.version.clone(),
            communication_service: communication,
            dialects: self.dialects.clone(),
            discovery: self.discovery,
            functions,
            schemas: schemas.named(),
            servers: Vec::new(),
            permissions,
        })
    }
}

/// What is wrong with a version, if anything is: tools that find services expect three numbers.
pub(super) fn version_problem(version: &str) -> Option<String> {
    let core = version.split(['-', '+']).next().unwrap_or_default();
    let is_number = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    let rest = version.get(core.len()..).unwrap_or_default();
    let is_rest = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'+');
    let is_version = core.split('.').count() == 3
        && core.split('.').all(is_number)
        && rest.bytes().all(is_rest)
        && !rest.ends_with(['-', '+'])
        && version.len() <= 64;
    (!is_version).then(|| {
        format!("its version is {version:?}; expected one such as \"1.2.3\": `.version(env!(\"CARGO_PKG_VERSION\"))`")
    })
}

#[cfg(test)]
mod tests {
    use super::version_problem;

    #[test]
    fn a_version_has_three_numbers_and_may_have_more_behind_them() {
        for version in ["0.0.0", "1.20.300", "1.2.3-rc.1", "1.2.3+build.7", "1.2.3-a+b"] {
            assert_eq!(version_problem(version), None, "{version}");
        }
        for version in ["", "1", "1.2", "1.2.3.4", "1.2.x", "v1.2.3", "1.2.3-", "1.2.3 ", "1.2.3-ä"] {
            assert!(
                version_problem(version).is_some_and(|problem| problem.contains("\"1.2.3\"")),
                "{version}"
            );
        }
    }
}
