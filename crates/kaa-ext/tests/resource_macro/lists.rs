//! Lists of resources.

use kaa_ext::prelude::*;
use kaa_ext::{Resource, ResourceDef};

#[resource("/one")]
async fn one() -> () {}

mod inner {
    use kaa_ext::prelude::*;

    #[resource("/two")]
    pub(crate) async fn two() -> () {}
}

fn names(list: impl IntoIterator<Item = ResourceDef<()>>) -> Vec<&'static str> {
    list.into_iter().map(|resource| resource.name).collect()
}

#[test]
fn a_list_keeps_its_order_and_may_end_with_a_comma() {
    assert_eq!(names(resources![inner::two, one,]), ["two", "one"]);
    assert_eq!(names(resources![self::inner::two, crate::lists::one]), ["two", "one"]);
}

#[test]
fn a_list_may_be_empty() {
    assert_eq!(names(resources![]), [""; 0]);
}

#[test]
fn one_resource_serves_under_any_state_that_has_its_pieces() {
    fn definition<S, R: Resource<S>>() -> &'static str {
        R::definition().path
    }
    assert_eq!(definition::<(), one>(), definition::<Vec<u8>, one>());
}
