//! A resource stays a function.

use kaa_ext::prelude::*;
use kaa_ext::testing::TestKaa;

mod handlers {
    use kaa_ext::prelude::*;

    #[resource("/greet/{name}")]
    pub(crate) async fn greet(name: String, State(greeting): State<&'static str>) -> Result<String, Failure> {
        if name.is_empty() { Err(Failure::bad_request("who?")) } else { Ok(format!("{greeting}, {name}!")) }
    }
}

// One name, two things: the function to call and the struct to list.
use handlers::greet;

#[tokio::test]
async fn a_resource_is_called_like_the_function_it_is() {
    let text = greet("Ada".to_owned(), State("Hello")).await.unwrap();
    assert_eq!(text, "Hello, Ada!");
    assert_eq!(greet(String::new(), State("Hello")).await.unwrap_err().status(), ErrorStatus::BAD_REQUEST);
}

#[tokio::test]
async fn one_import_is_enough_to_list_it() {
    let extension = Extension::new("greeter").state("Hi").resources(resources![greet]).build().unwrap();
    let kaa = TestKaa::start(extension).await;
    kaa.endpoint("ep-1").request("/greet/Ada").await.assert_text("Hi, Ada!");
}

#[tokio::test]
async fn a_resource_inside_a_function_works_too() {
    #[resource("/inner")]
    async fn inner() -> () {}

    inner().await;
    let kaa = TestKaa::start(Extension::new("inner").resources(resources![inner]).build().unwrap()).await;
    kaa.endpoint("ep-1").request("/inner").await.assert_status(200);
}
