"""What is asked of GitHub's GraphQL API; the tests hold it against the schema that GitHub publishes.

Only fields that Enterprise Servers of the last years know as well: one unknown name fails the whole question.
"""

from __future__ import annotations

PROJECTS = """
query Projects($owner: String!, $first: Int!, $after: String) {
  repositoryOwner(login: $owner) {
    ... on ProjectV2Owner {
      projectsV2(first: $first, after: $after) {
        totalCount
        nodes { id number title url closed }
        pageInfo { hasNextPage endCursor }
      }
    }
  }
}
"""

PROJECT = """
query Project($board: ID!) {
  node(id: $board) {
    ... on ProjectV2 {
      id
      title
      url
      items(first: 1) { totalCount }
      fields(first: 100) {
        nodes {
          ... on ProjectV2FieldCommon { name dataType }
          ... on ProjectV2SingleSelectField { options { id name } }
        }
      }
    }
  }
}
"""

ITEMS = """
query Items(
  $board: ID!, $first: Int!, $after: String, $status: String!,
  $priority: String!, $hasPriority: Boolean!, $estimate: String!, $hasEstimate: Boolean!,
  $start: String!, $hasStart: Boolean!, $due: String!, $hasDue: Boolean!
) {
  node(id: $board) {
    ... on ProjectV2 {
      items(first: $first, after: $after) {
        pageInfo { hasNextPage endCursor }
        nodes {
          id
          type
          isArchived
          createdAt
          updatedAt
          status: fieldValueByName(name: $status) {
            ... on ProjectV2ItemFieldSingleSelectValue { optionId name updatedAt }
          }
          priority: fieldValueByName(name: $priority) @include(if: $hasPriority) {
            ... on ProjectV2ItemFieldSingleSelectValue { name }
          }
          estimate: fieldValueByName(name: $estimate) @include(if: $hasEstimate) {
            ... on ProjectV2ItemFieldNumberValue { number }
          }
          start: fieldValueByName(name: $start) @include(if: $hasStart) {
            ... on ProjectV2ItemFieldDateValue { date }
          }
          due: fieldValueByName(name: $due) @include(if: $hasDue) {
            ... on ProjectV2ItemFieldDateValue { date }
          }
          content {
            __typename
            ... on DraftIssue {
              title
              body
              updatedAt
              assignees(first: 20) { nodes { id } }
            }
            ... on Issue {
              id
              number
              title
              body
              url
              updatedAt
              closed
              closedAt
              repository { name }
              labels(first: 100) { nodes { name } }
              assignees(first: 20) { nodes { id } }
            }
            ... on PullRequest {
              id
              number
              title
              body
              url
              updatedAt
              closed
              closedAt
              mergedAt
              repository { name }
              labels(first: 100) { nodes { name } }
              assignees(first: 20) { nodes { id } }
            }
          }
        }
      }
    }
  }
}
"""

# Not in the published schema and not on every Enterprise Server, so it is asked for by name first.
EVENT_TYPE = "ProjectV2ItemStatusChangedEvent"
EVENT_KNOWN = """
query EventKnown($name: String!) {
  __type(name: $name) { name }
}
"""

CHANGES = """
query Changes($ids: [ID!]!) {
  nodes(ids: $ids) {
    ... on Issue {
      id
      timelineItems(last: 100, itemTypes: [PROJECT_V2_ITEM_STATUS_CHANGED_EVENT]) {
        pageInfo { hasPreviousPage }
        nodes { ...change }
      }
    }
    ... on PullRequest {
      id
      timelineItems(last: 100, itemTypes: [PROJECT_V2_ITEM_STATUS_CHANGED_EVENT]) {
        pageInfo { hasPreviousPage }
        nodes { ...change }
      }
    }
  }
}

fragment change on ProjectV2ItemStatusChangedEvent {
  id
  createdAt
  previousStatus
  status
  project { id }
}
"""
