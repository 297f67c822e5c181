package crmapi

import "encoding/json"

// PipelineV2 is a pipeline as version 2 writes it.
type PipelineV2 struct {
	ID                       int64  `json:"id"`
	Name                     string `json:"name"`
	OrderNr                  int    `json:"order_nr"`
	IsDeleted                bool   `json:"is_deleted"`
	IsDealProbabilityEnabled bool   `json:"is_deal_probability_enabled"`
	AddTime                  string `json:"add_time"`
	UpdateTime               string `json:"update_time"`
	IsSelected               bool   `json:"is_selected"`
}

// PipelineV1 is a pipeline as version 1 writes it.
type PipelineV1 struct {
	ID              int64  `json:"id"`
	Name            string `json:"name"`
	URLTitle        string `json:"url_title"`
	OrderNr         int    `json:"order_nr"`
	Active          bool   `json:"active"`
	DealProbability bool   `json:"deal_probability"`
	AddTime         string `json:"add_time"`
	UpdateTime      string `json:"update_time"`
	Selected        bool   `json:"selected"`
}

// StageV2 is a stage as version 2 writes it.
type StageV2 struct {
	ID               int64  `json:"id"`
	OrderNr          int    `json:"order_nr"`
	Name             string `json:"name"`
	IsDeleted        bool   `json:"is_deleted"`
	DealProbability  int    `json:"deal_probability"` // per cent
	PipelineID       int64  `json:"pipeline_id"`
	IsDealRotEnabled bool   `json:"is_deal_rot_enabled"`
	DaysToRotten     *int   `json:"days_to_rotten"`
	AddTime          string `json:"add_time"`
	UpdateTime       string `json:"update_time"`
}

// StageV1 is a stage as version 1 writes it. Lists add the pipeline's name and
// whether its deals are weighted.
type StageV1 struct {
	ID                      int64   `json:"id"`
	OrderNr                 int     `json:"order_nr"`
	Name                    string  `json:"name"`
	ActiveFlag              bool    `json:"active_flag"`
	DealProbability         int     `json:"deal_probability"` // per cent
	PipelineID              int64   `json:"pipeline_id"`
	RottenFlag              bool    `json:"rotten_flag"`
	RottenDays              *int    `json:"rotten_days"`
	AddTime                 string  `json:"add_time"`
	UpdateTime              string  `json:"update_time"`
	PipelineName            *string `json:"pipeline_name,omitempty"`
	PipelineDealProbability *bool   `json:"pipeline_deal_probability,omitempty"`
}

// PipelineDetails is one pipeline of version 1 with what its deals are worth.
type PipelineDetails struct {
	PipelineV1
	DealsSummary DealsSummary `json:"deals_summary"`
}

// StageDetails is one stage of version 1 with what its deals are worth.
type StageDetails struct {
	StageV1
	DealsSummary DealsSummary `json:"deals_summary"`
}

// DealsSummary adds up open deals by stage and by currency.
type DealsSummary struct {
	PerStages       map[int64]map[string]StageSum `json:"per_stages"` // stage → currency → sum
	PerCurrency     map[string]int64              `json:"per_currency"`
	TotalCount      int64                         `json:"total_count"`
	PerCurrencyFull map[string]CurrencySum        `json:"per_currency_full"`
}

// StageSum is what the deals of a stage are worth in one currency.
type StageSum struct {
	Count                  int64       `json:"count"`
	Value                  json.Number `json:"value"`
	ValueFormatted         string      `json:"value_formatted"`
	WeightedValue          json.Number `json:"weighted_value"`
	WeightedValueFormatted string      `json:"weighted_value_formatted"`
}

// CurrencySum is what deals are worth in one currency.
type CurrencySum struct {
	Count int64       `json:"count"`
	Value json.Number `json:"value"`
}
