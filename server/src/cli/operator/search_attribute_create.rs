//! `mainspring operator search-attribute create`

use clap::Args;
use mainspring_proto::operatorservice::v1::AddSearchAttributesRequest;

use crate::{
    cli::{Failure, GlobalArgs, client::ClientArgs, output::say},
    config::search_attribute_type,
};

#[derive(Debug, Args)]
pub(super) struct Create {
    /// A name; repeatable
    #[arg(long, required = true)]
    name: Vec<String>,
    /// The type of the name in the same place: Text, Keyword, Int, Double, Bool, Datetime or
    /// KeywordList; repeatable
    #[arg(long = "type", required = true)]
    types: Vec<String>,
}

pub(super) async fn run(
    command: Create,
    client: &ClientArgs,
    global: &GlobalArgs,
) -> Result<(), Failure> {
    if command.name.len() != command.types.len() {
        return Err(Failure(format!(
            "there are {} --name and {} --type: each name needs its type",
            command.name.len(),
            command.types.len()
        )));
    }
    let mut request = AddSearchAttributesRequest {
        namespace: client.namespace.clone(),
        ..Default::default()
    };
    for (name, type_name) in command.name.into_iter().zip(&command.types) {
        let value_type = search_attribute_type(type_name)?;
        request.search_attributes.insert(name, value_type as i32);
    }
    client
        .operators(global)
        .await?
        .add_search_attributes(request)
        .await?;
    say(global, "Search attributes have been added.");
    Ok(())
}
