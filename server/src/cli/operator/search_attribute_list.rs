//! `mainspring operator search-attribute list`

use mainspring_proto::{
    enums::v1::IndexedValueType, operatorservice::v1::ListSearchAttributesRequest,
};

use crate::cli::{
    Failure, GlobalArgs,
    client::ClientArgs,
    output::{print_message, short_enum, table},
};

pub(super) async fn run(client: &ClientArgs, global: &GlobalArgs) -> Result<(), Failure> {
    let request = ListSearchAttributesRequest {
        namespace: client.namespace.clone(),
    };
    let mut operators = client.operators(global).await?;
    let response = operators
        .list_search_attributes(request)
        .await?
        .into_inner();
    print_message(global, &response, |response| {
        let all = response
            .custom_attributes
            .iter()
            .chain(&response.system_attributes);
        let rows: Vec<_> = all
            .map(|(name, &value_type)| {
                let value_type = IndexedValueType::try_from(value_type).unwrap_or_default();
                let type_name = short_enum(value_type.as_str_name(), "INDEXED_VALUE_TYPE_");
                [name.clone(), type_name]
            })
            .collect();
        table(["Name", "Type"], &rows);
    })
}
