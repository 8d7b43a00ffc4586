//! `mainspring operator namespace list`

use mainspring_proto::workflowservice::v1::ListNamespacesRequest;

use super::namespace_describe::show;
use crate::cli::{Failure, GlobalArgs, client::ClientArgs, output::print_messages};

pub(super) async fn run(client: &ClientArgs, global: &GlobalArgs) -> Result<(), Failure> {
    let mut workflows = client.workflows(global).await?;
    let mut namespaces = Vec::new();
    let mut request = ListNamespacesRequest::default();
    loop {
        let page = workflows
            .list_namespaces(request.clone())
            .await?
            .into_inner();
        namespaces.extend(page.namespaces);
        request.next_page_token = page.next_page_token;
        if request.next_page_token.is_empty() {
            break;
        }
    }
    print_messages(global, &namespaces, |namespaces| {
        for (index, namespace) in namespaces.iter().enumerate() {
            if index > 0 {
                println!();
            }
            show(namespace);
        }
    })
}
