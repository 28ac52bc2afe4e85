//! What a bucket on JetStream takes.

use kaa_protocol::subject::SubjectFilter;

use super::Permissions;
use crate::kv::{BucketOptions, KvError};

impl Permissions {
    /// It keeps things in this bucket, and makes it if it is not there.
    ///
    /// # Errors
    ///
    /// [`KvError::Options`] when there cannot be such a bucket.
    pub fn keeps_in(&mut self, bucket: &BucketOptions) -> Result<(), KvError> {
        bucket.check()?;
        let name = &bucket.name;
        for (subject, reason) in [
            ("$JS.API.INFO".to_owned(), "whether there is a JetStream"),
            (format!("$JS.API.STREAM.INFO.KV_{name}"), "whether the bucket is there"),
            (format!("$JS.API.STREAM.CREATE.KV_{name}"), "making the bucket"),
            (format!("$JS.API.STREAM.MSG.GET.KV_{name}"), "reading a key"),
            (format!("$KV.{name}.>"), "writing a key"),
            (format!("$JS.API.CONSUMER.CREATE.KV_{name}"), "listing and watching keys"),
            (format!("$JS.API.CONSUMER.CREATE.KV_{name}.>"), "going on after something was missed"),
            (format!("$JS.API.CONSUMER.DELETE.KV_{name}.*"), "going on after something was missed"),
            (format!("$JS.FC.KV_{name}.>"), "taking long lists at its own pace"),
        ] {
            // The name was checked, so all of them are filters.
            if let Ok(subject) = subject.parse::<SubjectFilter>() {
                self.publish(subject, reason);
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use kaa_protocol::name::ServiceInstance;

    use super::*;

    #[test]
    fn a_bucket_is_named_in_all_its_lines_but_one() {
        let mut permissions = Permissions::new(ServiceInstance::from_static("cdp"), None);
        permissions.keeps_in(&BucketOptions::new("configs")).unwrap();
        let others = permissions.allowed_to_publish().filter(|line| !line.contains("configs"));
        assert_eq!(others.collect::<Vec<_>>(), ["_INBOX.cdp.>", "$JS.API.INFO"]);
        assert!(permissions.allowed_to_publish().any(|line| line == "$KV.configs.>"));
    }

    #[test]
    fn what_is_no_bucket_widens_nothing() {
        let mut permissions = Permissions::new(ServiceInstance::from_static("cdp"), None);
        let before = permissions.clone();
        assert!(permissions.keeps_in(&BucketOptions::new("*")).is_err());
        assert_eq!(permissions, before);
    }
}
